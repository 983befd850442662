import type { PingerchipsError } from '../errors.ts'
import type { HookDispatcher } from '../hooks/hooks.ts'
import { exactBytes } from '../internal/bytes.ts'
import { errorDetails, type Operation } from './errors.ts'

/** Reports one request of a call to the hooks, from its first attempt to its end. */
export class CallTelemetry {
  readonly #hooks: HookDispatcher
  readonly #details: {
    readonly ids: readonly string[]
    readonly channels: readonly string[]
    readonly event: string | undefined
  }
  readonly #startTime = Date.now()
  readonly #start = performance.now()
  #attempt = 0
  #attemptStart = 0

  constructor(hooks: HookDispatcher, operation: Operation) {
    this.#hooks = hooks
    this.#details = { ids: operation.events.map(({ id }) => id), ...errorDetails(operation) }
  }

  request(body: string | undefined): void {
    this.#attempt++
    this.#attemptStart = performance.now()
    this.#hooks.request({ ...this.#details, attempt: this.#attempt, bytes: body === undefined ? 0 : exactBytes(body) })
  }

  response(status: number): void {
    const duration = performance.now() - this.#attemptStart
    this.#hooks.response({ ...this.#details, attempt: this.#attempt, status, duration })
  }

  retry({ code, serviceStatus: status }: PingerchipsError, delay: number): void {
    this.#hooks.retry({ ...this.#details, attempt: this.#attempt, code, status, delay })
  }

  accepted(status: number): void {
    this.#end('accepted', undefined, status)
  }

  failed({ outcome, code, serviceStatus: status }: PingerchipsError): void {
    this.#end(outcome, code, status)
  }

  #end(
    outcome: 'accepted' | PingerchipsError['outcome'],
    code: PingerchipsError['code'] | undefined,
    status: number | undefined,
  ): void {
    if (this.#details.ids.length === 0) return
    this.#hooks.triggered({
      ...this.#details,
      outcome,
      attempts: this.#attempt,
      startTime: this.#startTime,
      duration: performance.now() - this.#start,
      code,
      status,
    })
  }
}
