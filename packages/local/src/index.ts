export type { App } from './app.ts'
export { defaultApp } from './app.ts'
export type {
  Connected,
  ConnectionRefused,
  Disconnected,
  EventSent,
  Explanation,
  FrameRefused,
  Happening,
  LogEntry,
  LoggedMember,
  RequestAnswered,
  SignedIn,
  SigninRefused,
  Stamp,
  Subscribed,
  SubscriptionRefused,
  TriggerProtocol,
  Unsubscribed,
} from './log/entry.ts'
export type { LogListener } from './log/log.ts'
export type { ChannelKind } from './names.ts'
export type { LocalOptions } from './options.ts'
export type { LocalService } from './service.ts'
export { startLocal } from './service.ts'
