import { pageFiles } from './console/server/files.ts'
import type { LocalOptions } from './options.ts'
import { type LocalService, startService } from './service.ts'

export type { LocalOptions } from './options.ts'
export type { App } from './protocol/credentials.ts'
export { defaultApp } from './protocol/credentials.ts'
export type { ChannelKind } from './protocol/names.ts'
export type {
  ChannelWebhookEvent,
  ClientEventWebhookEvent,
  MemberWebhookEvent,
  SubscriptionCountWebhookEvent,
  WebhookEvent,
} from './protocol/webhook-event.ts'
export type { LocalService } from './service.ts'
export type { LogListener } from './state/log.ts'
export type {
  Connected,
  ConnectionRefused,
  DecisionMade,
  Disconnected,
  EventSent,
  Explanation,
  FrameRefused,
  LogEntry,
  LogEvent,
  LoggedMember,
  RequestHandled,
  SignedIn,
  SigninRefused,
  Stamp,
  Subscribed,
  SubscriptionRefused,
  TriggerProtocol,
  Unsubscribed,
  WebhookSent,
} from './state/log-event.ts'
export type { WebhookTarget } from './webhooks/target.ts'
export type { DisconnectOptions, RefuseOptions } from './websocket/faults.ts'

// The only `import.meta` of the package: the test kit must load where there is none, as in Jest.
const packageFolder = new URL('..', import.meta.url)

/**
 * Starts a Pingerchips service on this machine, with its console. For development, demos and tests, never production: its
 * state is in memory, and its credentials are public.
 *
 * @throws {TypeError} for an option that is unknown or out of its limits
 * @throws {Error} with `code: 'EADDRINUSE'` if the port is taken, `'EACCES'` if the user may not use it
 * @example
 * ```ts
 * import { startLocal } from '@pingerchips/local'
 *
 * const service = await startLocal({ port: 6001 })
 * console.log(service.url) // http://127.0.0.1:6001
 * await service.close()
 * ```
 */
export function startLocal(options: LocalOptions = {}): Promise<LocalService> {
  return startService(options, { pageFiles: (access) => pageFiles(packageFolder, access) })
}
