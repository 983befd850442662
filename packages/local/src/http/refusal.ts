import type { Explanation } from '../log/entry.ts'

/** The way out for every request that is not served: a status and a text for the body's `error`. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** For the log alone. */
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

export function appNotFound(explain: () => Explanation): Refusal {
  return new Refusal(404, 'App not found', {}, explain)
}

export function invalidSignature(explain: () => Explanation): Refusal {
  return new Refusal(403, 'Invalid signature', {}, explain)
}

export function validationFailed(problem: string): Refusal {
  return new Refusal(422, `Validation failed: ${problem}`)
}
