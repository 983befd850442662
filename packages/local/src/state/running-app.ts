import type { App } from '../protocol/credentials.ts'
import { signatureVerifier, type VerifySignature } from '../protocol/credentials.ts'
import { Channels } from './channels.ts'
import { Connections } from './connections.ts'
import type { Log, WriteLog } from './log.ts'
import { RateLimit } from './rate-limit.ts'
import { Users } from './users.ts'

/** One app of a running service: its credentials and its state. */
export interface RunningApp {
  readonly id: string
  readonly key: string
  readonly secret: string
  readonly token: string | undefined
  readonly verify: VerifySignature
  readonly connections: Connections
  readonly channels: Channels
  readonly users: Users
  readonly eventLimit: RateLimit
  readonly log: WriteLog
  /** All apps of the service, including this one: explanations recognise the credentials of another app. */
  readonly siblings: readonly RunningApp[]
}

export interface RunningApps {
  readonly byId: ReadonlyMap<string, RunningApp>
  readonly byKey: ReadonlyMap<string, RunningApp>
}

export function runApps(apps: readonly App[], eventsPerSecond: number, now: () => number, log: Log): RunningApps {
  const siblings: RunningApp[] = []
  for (const { id, key, secret, token } of apps)
    siblings.push({
      id,
      key,
      secret,
      token,
      verify: signatureVerifier(secret),
      connections: new Connections(),
      channels: new Channels(),
      users: new Users(),
      eventLimit: new RateLimit(eventsPerSecond, now),
      log: (event) => log.write(id, event),
      siblings,
    })
  return {
    byId: new Map(siblings.map((app) => [app.id, app])),
    byKey: new Map(siblings.map((app) => [app.key, app])),
  }
}
