/** The way out for every request that is not served: a status and a text for the body's `error`. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.headers = headers
  }
}

export function appNotFound(): Refusal {
  return new Refusal(404, 'App not found')
}

export function invalidSignature(): Refusal {
  return new Refusal(403, 'Invalid signature')
}

export function validationFailed(problem: string): Refusal {
  return new Refusal(422, `Validation failed: ${problem}`)
}
