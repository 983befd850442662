import { PingerchipsError, type PingerchipsErrorCode } from '../errors.ts'
import { DeadlinePassed } from '../send/deadline.ts'
import { AnswerTooLarge, type HttpAnswer } from '../send/transport.ts'

type Failure = readonly [code: PingerchipsErrorCode, advice: string]

const byStatus: Readonly<Record<number, Failure>> = {
  400: ['validation_failed', 'The service could not use the event.'],
  401: ['forbidden', 'Check the app key and the token.'],
  403: ['forbidden', 'Check the app key, the app secret and the token.'],
  404: ['app_not_found', 'The service does not know this app; check the app id, the app key and the endpoint.'],
  413: ['validation_failed', 'The event is too large for the service.'],
  422: ['validation_failed', 'A limit of the app was exceeded.'],
  429: ['rate_limited', 'Too many events; send fewer, or later.'],
}

/** A 403 says in its text which of several things it means. */
const forbiddenByText: readonly (readonly [prefix: string, failure: Failure])[] = [
  ['Invalid signature', ['invalid_signature', 'Check the app secret and the app key.']],
  ['Request timestamp expired', ['timestamp_expired', "This machine's clock is more than 5 minutes off; set it."]],
]

/** The error for an answer that is not a 2xx. */
export function answerFailure(answer: HttpAnswer, channels: readonly string[]): PingerchipsError {
  const { status } = answer
  const said = serviceText(answer.text)
  const [code, advice] = failureFor(status, said)
  return new PingerchipsError(code, `Trigger failed: ${status}${said && ` ${said}`}. ${advice}`, { status, channels })
}

function failureFor(status: number, said: string): Failure {
  const forbidden = status === 403 ? forbiddenByText.find(([prefix]) => said.startsWith(prefix)) : undefined
  if (forbidden) return forbidden[1]
  if (status >= 500) return ['service_unavailable', 'The service had a fault; the event may not have been sent.']
  return (
    byStatus[status] ?? ['unexpected_answer', 'Check that the endpoint is the HTTP API; redirects are not followed.']
  )
}

/** The error for a request that got no answer. */
export function requestFailure(error: unknown, origin: string, channels: readonly string[]): PingerchipsError {
  if (error instanceof PingerchipsError) return error
  if (error instanceof DeadlinePassed)
    return new PingerchipsError('timeout', `Trigger failed: ${error.message} from ${origin}.`, { channels })
  if (error instanceof AnswerTooLarge)
    return new PingerchipsError('unexpected_answer', `Trigger failed: ${error.message}.`, { channels })
  const code = networkCode(error)
  return new PingerchipsError('network', `Trigger failed: no connection to ${origin}, or it broke${code}.`, {
    channels,
  })
}

/** One error for the requests of an event that failed: the first one's code, and all of them beneath. */
export function failureOfSome(failures: readonly unknown[], requests: number): unknown {
  const first = failures[0]
  if (!(first instanceof PingerchipsError)) return first
  const channels = failures.flatMap((failure) => (failure instanceof PingerchipsError ? failure.channels : []))
  return new PingerchipsError(first.code, `${failures.length} of ${requests} channels: ${first.message}`, {
    ...(first.status !== undefined && { status: first.status }),
    channels,
    cause: new AggregateError(failures, 'Each channel that failed'),
  })
}

/** The system's code alone: a transport's error may hold the request, and with it the signature and the token. */
function networkCode(error: unknown): string {
  for (const at of [error, error instanceof Error ? error.cause : undefined])
    if (at instanceof Error && 'code' in at && typeof at.code === 'string') return ` (${at.code})`
  return ''
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
