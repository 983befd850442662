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
