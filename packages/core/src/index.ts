export type { AuthEndpointOptions } from './auth/auth-options.ts'
export type {
  AuthorizeContext,
  AuthorizeResult,
  SigninContext,
  SigninResult,
  Unauthenticated,
} from './auth/decisions.ts'
export { type Denial, type DenyOptions, deny } from './auth/deny.ts'
export type { SubscribeRequest, UserContext } from './auth/parse-request.ts'
export type { RateLimitContext, RateLimiter, RateLimitOptions } from './auth/rate-limit.ts'
export type { RequestClient } from './auth/request-client.ts'
export type { Awaitable } from './auth/run-callback.ts'
export { PingerchipsServer, PingerchipsServer as default } from './client.ts'
export type { PingerchipsServerOptions } from './client-options.ts'
export type { ContractRules, TypedMember } from './contract/contract-rules.ts'
export { type ContractOptions, defineEvents, type EventContract } from './contract/define-events.ts'
export type { EventSchemas, EventTable, Schema, SchemaInput, SchemaOutput } from './contract/event-schemas.ts'
export type { EventSender, TypedBatchEvent, TypedClient } from './contract/typed-client.ts'
export type { Environment } from './environment.ts'
export { type Outcome, PingerchipsError, type PingerchipsErrorCode, type PingerchipsErrorDetails } from './errors.ts'
export type {
  AuthEvent,
  Hooks,
  RequestDetails,
  RequestEvent,
  ResponseEvent,
  RetryEvent,
  TriggerEvent,
} from './hooks/hooks.ts'
export type { Coalescing } from './http-api/batcher.ts'
export type { BatchOptions, CallOptions, TriggerOptions } from './http-api/call-policy.ts'
export type { ChannelInfo } from './http-api/counts.ts'
export type { BatchResult } from './http-api/event-sender.ts'
export type { BatchEvent } from './http-api/events.ts'
export type { ChannelCount, ProtocolName } from './http-api/protocols/protocol.ts'
export type { ChannelQuery, ChannelState, ChannelsQuery, RequestOptions } from './http-api/queries.ts'
export type { DeliveryMode } from './http-api/retry.ts'
export type { ChannelKind } from './internal/validate.ts'
export { anonymizeIp } from './privacy/anonymize-ip.ts'
export { type FingerprintOptions, fingerprint } from './privacy/fingerprint.ts'
export { getHashServer } from './privacy/hash.ts'
export { channelName, type ParamValues } from './rules/channel-name.ts'
export type {
  ChannelRule,
  EncryptedRuleResult,
  PresenceRuleResult,
  PrivateRuleResult,
  RuleContext,
  RuleTable,
} from './rules/channel-rules.ts'
export { type ChannelRules, channelRules } from './rules/channel-rules.ts'
export type { Params } from './rules/pattern.ts'
export { type SendServerOptions, type SendServerResult, sendServer } from './send-server.ts'
export type { ChannelAuth, Member } from './signing/channel.ts'
export type { SigninUser, UserAuth } from './signing/user.ts'
export type { MtlsOptions, PemSource } from './transport/options.ts'
export type { UndiciDispatcher } from './transport/transport.ts'
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
} from './webhooks/events.ts'
export type { WebhookDelivery, WebhookEndpointOptions, WebhookOptions, WebhookSecret } from './webhooks/options.ts'
export type { ReplayStore } from './webhooks/replay-guard.ts'
export type { Webhook, WebhookRefusal, WebhookRefusalCode, WebhookResult } from './webhooks/result.ts'
export type { WebhookHeaders, WebhookInput } from './webhooks/verify.ts'
