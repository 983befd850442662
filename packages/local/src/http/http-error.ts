import type { Explanation } from '../state/log-event.ts'

/** Thrown for a request that is refused: the status, and the text of the body's `error`. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** For the log only. */
  readonly explain: (() => Explanation) | undefined

  constructor(
    status: number,
    message: string,
    headers: Readonly<Record<string, string>> = {},
    explain?: () => Explanation,
  ) {
    super(message)
    this.status = status
    this.headers = headers
    this.explain = explain
  }

  /** The status on a path of the Pusher HTTP API, which has its own: https://pusher.com/docs/channels/library_auth_reference/rest-api/ */
  get pusherStatus(): number {
    if (this instanceof DataTooLargeError) return 413
    return pusherStatuses[this.status] ?? this.status
  }
}

/** Pingerchips refuses credentials with 403 and a bad event with 422, Pusher with 401 and 400. */
const pusherStatuses: Readonly<Record<number, number>> = { 403: 401, 422: 400 }

/** The data of an event is over its limit. */
export class DataTooLargeError extends HttpError {
  constructor(limit: number) {
    super(422, `Validation failed: data must be at most ${limit} bytes`)
  }
}

export function appNotFound(explain: () => Explanation): HttpError {
  return new HttpError(404, 'App not found', {}, explain)
}

export function invalidSignature(explain: () => Explanation): HttpError {
  return new HttpError(403, 'Invalid signature', {}, explain)
}

export function validationFailed(problem: string): HttpError {
  return new HttpError(422, `Validation failed: ${problem}`)
}
