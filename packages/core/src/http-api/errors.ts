import { type Outcome, PingerchipsError, type PingerchipsErrorCode } from '../errors.ts'
import { type HttpResponse, isTlsRefusal, type TransportError } from '../transport/transport.ts'
import type { OutgoingEvent } from './protocols/protocol.ts'
import { serviceMessage } from './service-message.ts'

/** The operation that failed. */
export interface Operation {
  /** Its name in messages: `Trigger`. */
  readonly name: string
  /** The events in the request; none for a query. */
  readonly events: readonly OutgoingEvent[]
  /** Limit of the response in bytes. Default: 64 KiB. */
  readonly maxResponseBytes?: number
}

export function maxResponseBytes(operation: Operation): number {
  return operation.maxResponseBytes ?? 64 * 1024
}

interface Failure {
  readonly code: PingerchipsErrorCode
  readonly advice: string
  readonly retryable?: boolean
  readonly outcome?: Outcome
}

const forbiddenAdvice =
  "Check the app key, the app secret and the token, the app's quota, and whether the app is disabled."

const byStatus: Readonly<Record<number, Failure>> = {
  400: { code: 'validation_failed', advice: 'The service could not use the request.' },
  401: { code: 'forbidden', advice: forbiddenAdvice },
  403: { code: 'forbidden', advice: forbiddenAdvice },
  404: {
    code: 'app_not_found',
    advice: 'The service does not know this app. Check the app id, the app key and the endpoint.',
  },
  413: { code: 'validation_failed', advice: 'The request is too large for the service.' },
  422: { code: 'validation_failed', advice: 'A limit of the app was exceeded.' },
  429: { code: 'rate_limited', advice: 'Too many requests. Send fewer, or later.', retryable: true },
  503: { code: 'service_unavailable', advice: 'The service accepts no requests at the moment.', retryable: true },
}
const serviceFault: Failure = {
  code: 'service_unavailable',
  advice: 'The service failed. It may have processed the request.',
  retryable: true,
  outcome: 'unknown',
}
const notTheApi: Failure = {
  code: 'unexpected_response',
  advice: 'Check that the endpoint is the HTTP API. Redirects are not followed.',
}

/** The text of a 403 tells its cause. */
const forbiddenByText: readonly (readonly [prefix: string, code: PingerchipsErrorCode, advice: string])[] = [
  ['Invalid signature', 'invalid_signature', 'Check the app secret and the app key.'],
  ['Request timestamp expired', 'timestamp_expired', "This machine's clock is more than 5 minutes off. Set it."],
]

/**
 * The error for a response that is not a 2xx.
 * @param secrets to remove from what the service wrote
 */
export function errorFromResponse(
  response: HttpResponse,
  operation: Operation,
  attempts: number,
  secrets: readonly (string | undefined)[],
): PingerchipsError {
  const { status } = response
  const message = serviceMessage(response.text, [...secrets, ...operation.events.map(({ data }) => data)])
  const { code, advice, ...rest } = failureFor(response, message)
  const text = message === undefined ? '' : ` ${message.replace(/\.$/, '')}`
  return new PingerchipsError(code, `${operation.name} failed: ${status}${text}. ${advice}`, {
    serviceStatus: status,
    serviceMessage: message,
    attempts,
    ...errorDetails(operation),
    ...rest,
  })
}

function failureFor(response: HttpResponse, message: string | undefined): Failure {
  const { status } = response
  const forbidden =
    status === 401 || status === 403 ? forbiddenByText.find(([prefix]) => message?.startsWith(prefix)) : undefined
  if (forbidden !== undefined) {
    const [, code, advice] = forbidden
    return { code, advice: (code === 'timestamp_expired' && clockAdvice(response.header('date'))) || advice }
  }
  const failure = byStatus[status] ?? (status >= 500 ? serviceFault : notTheApi)
  // Pusher-compatible servers respond to a wrong timestamp with a 401 and a text of their own.
  const isUnexplained = (status === 401 || status === 403) && (message === undefined || /timestamp/i.test(message))
  return { ...failure, advice: (isUnexplained && clockAdvice(response.header('date'))) || failure.advice }
}

/** How far this machine's clock is from the service's `Date`; `''` if it is less than 5 minutes. */
function clockAdvice(date: string | undefined): string {
  const ahead = Date.now() - Date.parse(date ?? '')
  if (!(Math.abs(ahead) >= 5 * 60_000)) return ''
  const seconds = Math.round(Math.abs(ahead) / 1000)
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  const by = [hours && `${hours} h`, minutes && `${minutes} min`, seconds % 60 && `${seconds % 60} s`].filter(Boolean)
  return `This machine's clock is ${by.join(' ')} ${ahead > 0 ? 'ahead of' : 'behind'} the service's. Set it.`
}

/** The error for a request without a complete response. */
export function errorFromTransport(
  error: TransportError,
  operation: Operation,
  attempts: number,
  origin: string,
  timeout: number,
): PingerchipsError {
  const [code, describe] = byKind[error.kind]
  const problem = describe(origin, error, timeout, maxResponseBytes(operation))
  return new PingerchipsError(code, `${operation.name} failed: ${problem}.${transportAdvice(error, operation)}`, {
    attempts,
    ...errorDetails(operation),
    outcome: error.sent ? 'unknown' : 'not_delivered',
    retryable: retryableCodes.includes(code) && !isTlsRefusal(error.code),
  })
}

const retryableCodes: readonly PingerchipsErrorCode[] = ['timeout', 'network', 'load_failed']

type Describe = (origin: string, error: TransportError, timeout: number, limit: number) => string

const byKind: Readonly<Record<TransportError['kind'], readonly [PingerchipsErrorCode, Describe]>> = {
  timeout: ['timeout', (origin, _, timeout) => `no complete response from ${origin} within ${Math.round(timeout)} ms`],
  aborted: ['aborted', () => 'its signal was aborted'],
  too_large: [
    'unexpected_response',
    (origin, _error, _timeout, limit) => `the response of ${origin} is longer than ${limit / 1024} KiB`,
  ],
  network: [
    'network',
    (origin, { code, sent }) =>
      `${sent ? 'the connection to' : 'could not connect to'} ${origin}${sent ? ' broke' : ''}${code && ` (${code})`}`,
  ],
  not_loaded: ['load_failed', (_, { code }) => `the HTTP client could not be loaded${code && ` (${code})`}`],
}

function transportAdvice({ kind, code, sent }: TransportError, { events }: Operation): string {
  if (kind === 'aborted') return ''
  if (kind === 'too_large') return ` ${notTheApi.advice}`
  if (kind === 'not_loaded') return ' Nothing was sent. The next call loads it again.'
  if (isTlsRefusal(code)) return ' Check the certificates.'
  if (!sent) return ' Check the endpoint and the network.'
  return events.length === 0 ? '' : ' The event may have been delivered. Trigger it again only if it may arrive twice.'
}

/** The error of a call for which there is no room: see {@link Backlog}. */
export function overloaded(operation: Operation): PingerchipsError {
  return new PingerchipsError(
    'overloaded',
    `${operation.name} failed: too many calls are waiting for the service. Trigger less, or wait for the calls in progress.`,
    { ...errorDetails(operation), retryable: true },
  )
}

/** The error of an attempt after one with an unknown outcome: the outcome of the call is unknown too. */
export function withUnknownOutcome(error: PingerchipsError): PingerchipsError {
  if (error.outcome === 'unknown') return error
  const message = `${error.message} An earlier attempt may have been delivered.`
  return new PingerchipsError(error.code, message, { ...error, outcome: 'unknown' })
}

/** One error for the failed requests of an event: with the code of the first, and all of them as its cause. */
export function combineErrors(errors: readonly PingerchipsError[], requests: number): PingerchipsError | undefined {
  const [first] = errors
  if (first === undefined || requests === 1) return first
  return new PingerchipsError(first.code, `${errors.length} of ${requests} requests: ${first.message}`, {
    serviceStatus: first.serviceStatus,
    serviceMessage: first.serviceMessage,
    event: first.event,
    channels: errors.flatMap(({ channels }) => channels),
    attempts: Math.max(...errors.map(({ attempts }) => attempts)),
    retryable: errors.every(({ retryable }) => retryable),
    outcome: errors.some(({ outcome }) => outcome === 'unknown') ? 'unknown' : 'not_delivered',
    cause: new AggregateError(errors, 'Each request that failed'),
  })
}

/** The channels and the event name of an operation, for its error. */
export function errorDetails({ events }: Operation): Pick<PingerchipsError, 'channels' | 'event'> {
  return {
    channels: events.flatMap(({ channels }) => channels),
    event: events.length === 1 ? events[0]?.event : undefined,
  }
}
