export type { ChannelCount, ChannelInfo, ChannelQuery, ChannelState, ChannelsQuery } from './api/channel-info.ts'
export { channelName, type ParamValues } from './channels/channel.ts'
export { type ChannelRules, type ChannelsOf, channelRules } from './channels/channels.ts'
export type { ParamNames, Params } from './channels/pattern.ts'
export type {
  ChannelRule,
  EncryptedRuleResult,
  LooseRuleTable,
  PresenceRuleResult,
  PrivateRuleResult,
  RuleContext,
  RuleTable,
} from './channels/rule.ts'
export type { Attempt, UserContext } from './endpoint/attempt.ts'
export type { AuthorizeContext, AuthorizeResult } from './endpoint/authorize.ts'
export type { Awaitable } from './endpoint/callback.ts'
export { type Denial, type DenyOptions, deny } from './endpoint/deny.ts'
export type { AuthEndpointOptions } from './endpoint/endpoint.ts'
export type { RateLimitContext, RateLimiter, RateLimitOptions } from './endpoint/limit-options.ts'
export type { RequestClient } from './endpoint/request-client.ts'
export type { SigninContext, SigninResult } from './endpoint/signin.ts'
export type { Unauthenticated } from './endpoint/user.ts'
export type { WebhookDelivery, WebhookEndpointOptions } from './endpoint/webhooks-options.ts'
export type { Environment } from './environment.ts'
export { type Outcome, PingerchipsError, type PingerchipsErrorCode, type PingerchipsErrorDetails } from './errors.ts'
export { anonymizeIp } from './hash/anonymize-ip.ts'
export { type FingerprintOptions, fingerprint } from './hash/fingerprint.ts'
export { getHashServer } from './hash/hash.ts'
export type { ChannelKind } from './names.ts'
export type {
  AuthEvent,
  Hooks,
  RequestDetails,
  RequestEvent,
  ResponseEvent,
  RetryEvent,
  TriggerEvent,
} from './observe/observer.ts'
export type { MtlsOptions } from './send/mtls.ts'
export { type SendServerOptions, type SendServerResult, sendServer } from './send/send-server.ts'
export {
  defaultEndpoint,
  PingerchipsServer,
  PingerchipsServer as default,
  type PingerchipsServerOptions,
} from './server.ts'
export type { ChannelAuth, Member } from './sign/channel.ts'
export type { SigninUser, UserAuth } from './sign/user.ts'
export type { Coalescing } from './trigger/coalescing.ts'
export type { BatchEvent } from './trigger/event.ts'
export type { ProtocolName } from './trigger/protocol.ts'
export type { DeliveryMode } from './trigger/retry.ts'
export type { CallOptions, TriggerOptions } from './trigger/trigger-options.ts'
export type {
  CacheMiss,
  ChannelOccupied,
  ChannelVacated,
  ClientEvent,
  KnownWebhookEvent,
  MemberAdded,
  MemberRemoved,
  SubscriptionCount,
  UnknownWebhookEvent,
  WebhookEvent,
} from './webhook/event.ts'
export type { WebhookHeaders, WebhookInput } from './webhook/input.ts'
export type { WebhookOptions, WebhookSecret } from './webhook/options.ts'
export type { ReplayStore } from './webhook/replays.ts'
export type { Webhook, WebhookRefusal, WebhookRefusalCode, WebhookResult } from './webhook/result.ts'
