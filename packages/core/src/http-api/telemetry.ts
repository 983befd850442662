import type { PingerchipsError } from '../errors.ts'
import type { HookDispatcher } from '../hooks/hooks.ts'
import { exactBytes } from '../internal/bytes.ts'
import { about, type Task } from './errors.ts'

/** What the observer is told of one call to the service, from its first attempt to its end. */
export class Report {
  readonly #observer: HookDispatcher
  readonly #told: {
    readonly ids: readonly string[]
    readonly channels: readonly string[]
    readonly event: string | undefined
  }
  readonly #startTime = Date.now()
  readonly #start = performance.now()
  #attempt = 0
  #attemptStart = 0

  constructor(observer: HookDispatcher, task: Task) {
    this.#observer = observer
    this.#told = { ids: task.events.map(({ id }) => id), ...about(task) }
  }

  request(body: string | undefined): void {
    this.#attempt++
    this.#attemptStart = performance.now()
    this.#observer.request({ ...this.#told, attempt: this.#attempt, bytes: body === undefined ? 0 : exactBytes(body) })
  }

  response(status: number): void {
    const duration = performance.now() - this.#attemptStart
    this.#observer.response({ ...this.#told, attempt: this.#attempt, status, duration })
  }

  retry({ code, serviceStatus: status }: PingerchipsError, delay: number): void {
    this.#observer.retry({ ...this.#told, attempt: this.#attempt, code, status, delay })
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
    if (this.#told.ids.length === 0) return
    this.#observer.triggered({
      ...this.#told,
      outcome,
      attempts: this.#attempt,
      startTime: this.#startTime,
      duration: performance.now() - this.#start,
      code,
      status,
    })
  }
}
