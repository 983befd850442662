export type { LocalOptions } from './options.ts'
export type { App } from './protocol/credentials.ts'
export type { DecisionMade, LogEntry, Subscribed } from './state/log-event.ts'
export {
  type AuthOptions,
  type FakeRequest,
  type FakeRequests,
  fakeRequest,
  type RequestOptions,
  type SigninOptions,
  type WebhookOptions,
} from './testing/fake-request.ts'
export type { Fault } from './testing/faults.ts'
export { startLocal, type TestService, type Triggered, type WaitOptions } from './testing/service.ts'
export type { DisconnectOptions, RefuseOptions } from './websocket/faults.ts'
