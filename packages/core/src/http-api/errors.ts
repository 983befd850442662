import { type Outcome, PingerchipsError, type PingerchipsErrorCode } from '../errors.ts'
import { type HttpResponse, isTlsRefusal, type TransportError } from '../transport/transport.ts'
import type { OutgoingEvent } from './protocols/protocol.ts'

/** What was being done when it failed. */
export interface Task {
  /** What to call it in a message: `Trigger`. */
  readonly name: string
  /** The events that the request carries; none for a question. */
  readonly events: readonly OutgoingEvent[]
  /** How many bytes of the answer are read at the most. Default: 64 KiB. */
  readonly maxAnswerBytes?: number
}

export function maxAnswerBytes(task: Task): number {
  return task.maxAnswerBytes ?? 64 * 1024
}

interface Failure {
  readonly code: PingerchipsErrorCode
  readonly advice: string
  readonly retryable?: boolean
  readonly outcome?: Outcome
}

const byStatus: Readonly<Record<number, Failure>> = {
  400: { code: 'validation_failed', advice: 'The service could not use the request.' },
  401: { code: 'forbidden', advice: 'Check the app key and the token.' },
  403: { code: 'forbidden', advice: 'Check the app key, the app secret and the token.' },
  404: {
    code: 'app_not_found',
    advice: 'The service does not know this app; check the app id, the app key and the endpoint.',
  },
  413: { code: 'validation_failed', advice: 'The request is too large for the service.' },
  422: { code: 'validation_failed', advice: 'A limit of the app was exceeded.' },
  429: { code: 'rate_limited', advice: 'Too many requests; send fewer, or later.', retryable: true },
  503: { code: 'service_unavailable', advice: 'The service takes no requests at the moment.', retryable: true },
}
const serviceFault: Failure = {
  code: 'service_unavailable',
  advice: 'The service had a fault; it may have done what it was asked.',
  retryable: true,
  outcome: 'unknown',
}
const notTheApi: Failure = {
  code: 'unexpected_response',
  advice: 'Check that the endpoint is the HTTP API; redirects are not followed.',
}

/** A 403 says in its text which of several things it means. */
const forbiddenByText: readonly (readonly [prefix: string, code: PingerchipsErrorCode, advice: string])[] = [
  ['Invalid signature', 'invalid_signature', 'Check the app secret and the app key.'],
  ['Request timestamp expired', 'timestamp_expired', "This machine's clock is more than 5 minutes off; set it."],
]

/** The error for an answer that is not a 2xx. */
export function errorFromResponse(answer: HttpResponse, task: Task, attempts: number): PingerchipsError {
  const { status } = answer
  const said = serviceText(answer.text)
  const { code, advice, ...rest } = failureFor(answer, said)
  return new PingerchipsError(code, `${task.name} failed: ${status}${said && ` ${said}`}. ${advice}`, {
    serviceStatus: status,
    attempts,
    ...about(task),
    ...rest,
  })
}

function failureFor(answer: HttpResponse, said: string): Failure {
  const { status } = answer
  const forbidden = status === 403 ? forbiddenByText.find(([prefix]) => said.startsWith(prefix)) : undefined
  if (forbidden !== undefined) {
    const [, code, advice] = forbidden
    return { code, advice: (code === 'timestamp_expired' && clockAdvice(answer.header('date'))) || advice }
  }
  const failure = byStatus[status] ?? (status >= 500 ? serviceFault : notTheApi)
  // Pusher-compatible servers answer a time stamp that is off with a 401 and words of their own.
  const isUnexplained = (status === 401 || status === 403) && said === ''
  return { ...failure, advice: (isUnexplained && clockAdvice(answer.header('date'))) || failure.advice }
}

/** By how much this machine's clock differs from the service's `Date`, if that is what it looks like. */
function clockAdvice(date: string | undefined): string {
  const ahead = Date.now() - Date.parse(date ?? '')
  if (!(Math.abs(ahead) >= 5 * 60_000)) return ''
  const seconds = Math.round(Math.abs(ahead) / 1000)
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  const by = [hours && `${hours} h`, minutes && `${minutes} min`, seconds % 60 && `${seconds % 60} s`].filter(Boolean)
  return `This machine's clock is ${by.join(' ')} ${ahead > 0 ? 'ahead of' : 'behind'} the service's; set it.`
}

/** The error for a request that got no whole answer. */
export function errorFromTransport(
  fault: TransportError,
  task: Task,
  attempts: number,
  origin: string,
  timeout: number,
): PingerchipsError {
  const [code, why] = faults[fault.kind]
  const said = `${why(origin, fault.code, timeout, maxAnswerBytes(task))}.`
  return new PingerchipsError(code, `${task.name} failed: ${said}${advice(fault, task)}`, {
    attempts,
    ...about(task),
    outcome: fault.sent ? 'unknown' : 'not_delivered',
    retryable: code === 'timeout' || (code === 'network' && !isTlsRefusal(fault.code)),
  })
}

const faults: Readonly<
  Record<
    TransportError['kind'],
    readonly [PingerchipsErrorCode, (origin: string, code: string, timeout: number, limit: number) => string]
  >
> = {
  timeout: ['timeout', (origin, _code, timeout) => `no whole answer from ${origin} within ${Math.round(timeout)} ms`],
  aborted: ['aborted', () => 'its signal was aborted'],
  too_large: [
    'unexpected_response',
    (origin, _code, _timeout, limit) => `${origin} answered more than ${limit / 1024} KiB`,
  ],
  network: ['network', (origin, code) => `no connection to ${origin}, or it broke${code && ` (${code})`}`],
}

function advice({ kind, code, sent }: TransportError, { events }: Task): string {
  if (kind === 'aborted') return ''
  if (kind === 'too_large') return ` ${notTheApi.advice}`
  if (isTlsRefusal(code)) return ' Check the certificates.'
  if (!sent) return ' Check the endpoint and the network.'
  return events.length === 0 ? '' : ' It may have arrived; trigger again only what may arrive twice.'
}

/** The failure of an attempt after one that may have arrived: then the event may have, whatever this one says. */
export function withUnknownOutcome(error: PingerchipsError): PingerchipsError {
  if (error.outcome === 'unknown') return error
  const message = `${error.message} An earlier attempt may have arrived.`
  return new PingerchipsError(error.code, message, { ...error, outcome: 'unknown' })
}

/** One error for the requests of an event that failed: the first one's code, and all of them beneath. */
export function combineErrors(failures: readonly PingerchipsError[], requests: number): PingerchipsError | undefined {
  const [first] = failures
  if (first === undefined || requests === 1) return first
  return new PingerchipsError(first.code, `${failures.length} of ${requests} requests: ${first.message}`, {
    serviceStatus: first.serviceStatus,
    event: first.event,
    channels: failures.flatMap(({ channels }) => channels),
    attempts: Math.max(...failures.map(({ attempts }) => attempts)),
    retryable: failures.every(({ retryable }) => retryable),
    outcome: failures.some(({ outcome }) => outcome === 'unknown') ? 'unknown' : 'not_delivered',
    cause: new AggregateError(failures, 'Each request that failed'),
  })
}

/** What an error tells of a task. */
export function about({ events }: Task): Pick<PingerchipsError, 'channels' | 'event'> {
  return {
    channels: events.flatMap(({ channels }) => channels),
    event: events.length === 1 ? events[0]?.event : undefined,
  }
}

const knownTexts = [
  'Invalid signature',
  'Request timestamp expired',
  'App not found',
  'Validation failed',
  'Rate limit exceeded',
  'Invalid token',
]

/**
 * Which of the documented texts the service answered. No more of it than that: whoever answers has seen the token, the
 * signature and the data, and may send them back in any shape.
 */
function serviceText(text: string): string {
  let said: unknown
  try {
    said = (JSON.parse(text) as { error?: unknown } | null)?.error
  } catch {
    return ''
  }
  return (typeof said === 'string' && knownTexts.find((known) => said.startsWith(known))) || ''
}
