import type { Settings } from '../options.ts'
import { signatureVerifier, type VerifySignature } from '../protocol/credentials.ts'
import type { WebhookEvent } from '../protocol/webhook-event.ts'
import { WebhookSender } from '../webhooks/sender.ts'
import { Channels } from './channels.ts'
import { Connections } from './connections.ts'
import { EventCache } from './event-cache.ts'
import type { Log, WriteLog } from './log.ts'
import { RateLimit } from './rate-limit.ts'
import { Users } from './users.ts'

/** One app of a running service: its credentials and its state. */
export interface RunningApp {
  readonly id: string
  readonly key: string
  readonly secret: string
  readonly token: string | undefined
  readonly settings: Settings
  readonly verify: VerifySignature
  readonly connections: Connections
  readonly channels: Channels
  readonly cache: EventCache
  readonly users: Users
  readonly eventLimit: RateLimit
  readonly log: WriteLog
  /** Sends the app's webhooks; `undefined` without a target. */
  readonly webhooks: WebhookSender | undefined
  /** Adds an event to the next webhook. */
  readonly notify: (event: WebhookEvent) => void
  /** All apps of the service, including this one: explanations recognise the credentials of another app. */
  readonly siblings: readonly RunningApp[]
}

export interface RunningApps {
  readonly byId: ReadonlyMap<string, RunningApp>
  readonly byKey: ReadonlyMap<string, RunningApp>
}

export function runApps(settings: Settings, log: Log): RunningApps {
  const { now } = settings
  const siblings: RunningApp[] = []
  for (const { id, key, secret, token } of settings.apps) {
    const write: WriteLog = (event) => log.write(id, event)
    const webhooks = settings.webhooks && new WebhookSender({ key, secret }, settings.webhooks, write, now)
    const notify = (event: WebhookEvent): void => webhooks?.add(event)
    siblings.push({
      id,
      key,
      secret,
      token,
      settings,
      verify: signatureVerifier(secret),
      connections: new Connections(),
      channels: new Channels(webhooks && notify, settings.subscriptionCount),
      cache: new EventCache(now),
      users: new Users(),
      eventLimit: new RateLimit(settings.eventsPerSecond, now),
      log: write,
      webhooks,
      notify,
      siblings,
    })
  }
  return {
    byId: new Map(siblings.map((app) => [app.id, app])),
    byKey: new Map(siblings.map((app) => [app.key, app])),
  }
}
