import { type DiagnosticsChannel, hasSubscribers, publish } from '#diagnostics'
import type { ChannelKind } from '../internal/validate.ts'
import type { IncomingRequest } from '../requests/incoming-request.ts'
import { type EndpointResponse, errorResponses } from './responses.ts'

/**
 * A decision of the endpoint with its cause, published on the diagnostics channel `pingerchips:decision` for tools of
 * development such as `@pingerchips/local`. It has the app's own error, so it is no event for production logs.
 */
export interface DecisionEvent {
  /** A UUID: a tool can receive a decision twice, on this channel and by HTTP. */
  readonly id: string
  readonly type: 'subscribe' | 'signin'
  readonly outcome: 'granted' | 'refused' | 'failed'
  readonly socketId: string | undefined
  readonly channel: string | undefined
  readonly kind: ChannelKind | undefined
  readonly status: number | undefined
  /** Why it was refused; `undefined` for other outcomes. */
  readonly reason: DecisionReason | undefined
  /** The rule of `channelRules` that decided; `null` if none matches; `undefined` if `authorize` is not made of rules. */
  readonly rule: string | null | undefined
  /** What the app's callback threw, for `failed`. */
  readonly error: Error | undefined
  /** Facts about the request, without the values of credentials. */
  readonly request: {
    readonly method: string
    /** Only for `not_found`. */
    readonly path: string | undefined
    readonly hasCookie: boolean
    readonly hasAuthorization: boolean
    readonly origin: string | undefined
    readonly host: string | undefined
    readonly contentType: string | undefined
  }
  /** Milliseconds. */
  readonly duration: number
}

export type DecisionReason =
  | 'no_user'
  | 'denied'
  | 'method'
  | 'content_type'
  | 'body'
  | 'malformed'
  | 'rate_limit'
  | 'disabled'
  /** The app has no such route: the request did not reach the endpoint. */
  | 'not_found'

const reasons: ReadonlyMap<EndpointResponse, DecisionReason> = new Map([
  [errorResponses.noUser, 'no_user'],
  [errorResponses.wrongMethod, 'method'],
  [errorResponses.wrongType, 'content_type'],
  [errorResponses.wrongEncoding, 'content_type'],
  [errorResponses.tooSlow, 'body'],
  [errorResponses.tooLarge, 'body'],
  [errorResponses.malformedBody, 'malformed'],
  [errorResponses.malformedSocketId, 'malformed'],
  [errorResponses.malformedChannel, 'malformed'],
  [errorResponses.limiterUnavailable, 'rate_limit'],
  [errorResponses.disabled, 'disabled'],
])

const decisionChannel: DiagnosticsChannel = 'pingerchips:decision'

/** Whether a tool receives decisions. If not, none are made. */
export function observesDecisions(): boolean {
  return hasSubscribers(decisionChannel)
}

/** Publishes a decision. */
export function publishDecision(event: DecisionEvent): void {
  publish(decisionChannel, event)
}

/** Describes a decision. @param authorize the app's callback, whose rules are named */
export function decisionEvent(
  details: Pick<DecisionEvent, 'type' | 'outcome' | 'error' | 'duration'>,
  subject:
    | { readonly socketId: string; readonly channel: string | undefined; readonly kind: ChannelKind | undefined }
    | undefined,
  incoming: Pick<IncomingRequest, 'method' | 'header'>,
  response: EndpointResponse | undefined,
  authorize: unknown,
): DecisionEvent {
  const { socketId, channel, kind } = subject ?? {}
  return {
    ...details,
    id: globalThis.crypto.randomUUID(),
    socketId,
    channel,
    kind,
    status: response?.status,
    reason: details.outcome === 'refused' && response !== undefined ? reasonOf(response) : undefined,
    rule: channel === undefined ? undefined : ruleFor(authorize, channel),
    request: factsOf(incoming),
  }
}

/** Facts about a request, without the values of credentials. */
export function factsOf(incoming: Pick<IncomingRequest, 'method' | 'header'>): DecisionEvent['request'] {
  return {
    method: incoming.method,
    path: undefined,
    hasCookie: incoming.header('cookie') !== undefined,
    hasAuthorization: incoming.header('authorization') !== undefined,
    origin: incoming.header('origin'),
    host: incoming.header('host'),
    contentType: incoming.header('content-type'),
  }
}

function reasonOf(response: EndpointResponse): DecisionReason {
  return reasons.get(response) ?? (response.status === 429 ? 'rate_limit' : 'denied')
}

function ruleFor(authorize: unknown, channel: string): string | null | undefined {
  const find = (authorize as { readonly patternFor?: (channel: string) => string | undefined }).patternFor
  return find === undefined ? undefined : (find(channel) ?? null)
}
