import { hasSubscribers, publish } from '#diagnostics'
import type { Outcome, PingerchipsError, PingerchipsErrorCode } from '../errors.ts'
import { notify } from '../internal/notify.ts'
import { assertFunction, assertOptions, type ChannelKind } from '../internal/validate.ts'
import type { LocalReporter } from './local-service.ts'

/** Fields of every event about a request to the service. */
export interface RequestDetails {
  /** Ids of the events in the request, as sent in `Idempotency-Key`; empty for a query. */
  readonly ids: readonly string[]
  /** Channels of the events; empty for a query. */
  readonly channels: readonly string[]
  /** Name of the event; `undefined` for several events, and for a query. */
  readonly event: string | undefined
  /** Number of the attempt, from 1. */
  readonly attempt: number
}

/** A request is about to be sent. */
export interface RequestEvent extends RequestDetails {
  /** Length of the body in bytes. */
  readonly bytes: number
}

/** A response has arrived, with any status. */
export interface ResponseEvent extends RequestDetails {
  /** HTTP status. */
  readonly status: number
  /** Milliseconds since the request. */
  readonly duration: number
}

/** An attempt has failed and will be retried. */
export interface RetryEvent extends RequestDetails {
  /** Cause of the failure. */
  readonly code: PingerchipsErrorCode
  /** HTTP status; `undefined` if there was no response. */
  readonly status: number | undefined
  /** Milliseconds until the next attempt. */
  readonly delay: number
}

/** Result of a request with events, published on the diagnostics channel `pingerchips:trigger`. */
export interface TriggerEvent extends Omit<RequestDetails, 'attempt'> {
  /** `accepted` by the service; else as in {@link PingerchipsError.outcome}. */
  readonly outcome: 'accepted' | Outcome
  /** Number of requests; 0 for a failure before the first. */
  readonly attempts: number
  /** Start: milliseconds since 1970. */
  readonly startTime: number
  /** Milliseconds, with all attempts and waits. */
  readonly duration: number
  /** Cause of the failure; `undefined` for `accepted`. */
  readonly code: PingerchipsErrorCode | undefined
  /** HTTP status of the failure; `undefined` for `accepted`, and if there was no response. */
  readonly status: number | undefined
}

/** A decision of the auth endpoint. Also published on the diagnostics channel `pingerchips:auth`. */
export interface AuthEvent {
  /** Kind of the request: a subscription, or a sign-in. */
  readonly type: 'subscribe' | 'signin'
  /** `failed`: a callback of the app failed, and nothing was signed. */
  readonly outcome: 'granted' | 'refused' | 'failed'
  /** The channel; `undefined` if it is malformed, and for a sign-in. */
  readonly channel: string | undefined
  /** Kind of the channel; `undefined` if there is none. */
  readonly kind: ChannelKind | undefined
  /** HTTP status; `undefined` for `failed`, where the framework's error handler responds. */
  readonly status: number | undefined
  /** Start: milliseconds since 1970. */
  readonly startTime: number
  /** Milliseconds, with your callbacks. */
  readonly duration: number
}

/**
 * Functions that are called with events of a client. No event has the data of an event, a secret, a token or a signature.
 * Errors of a hook are logged with `console.error` and have no other effect. Hooks are not awaited.
 */
export interface Hooks {
  /** A request is about to be sent. */
  readonly request?: ((event: RequestEvent) => void) | undefined
  /** A response has arrived. */
  readonly response?: ((event: ResponseEvent) => void) | undefined
  /** An attempt has failed and will be retried. */
  readonly retry?: ((event: RetryEvent) => void) | undefined
  /** A request has failed after all retries. A call with several requests can have several such errors. */
  readonly error?: ((error: PingerchipsError) => void) | undefined
  /** The auth endpoint has decided. */
  readonly auth?: ((event: AuthEvent) => void) | undefined
}

const hookNames: Record<keyof Hooks, true> = { request: true, response: true, retry: true, error: true, auth: true }

/** @throws {TypeError} naming the hook that is not a function, or unknown */
export function assertHooks(value: unknown, argument: string): asserts value is Hooks {
  assertOptions(value, argument, hookNames)
  for (const [name, hook] of Object.entries(value)) if (hook !== undefined) assertFunction(hook, `${argument}.${name}`)
}

/** Calls the hooks of a client and publishes on diagnostics channels, where the runtime has them. */
export class HookDispatcher {
  /** Reports to the local service; `undefined` in production, and if the endpoint is on another machine. */
  readonly reporter: LocalReporter | undefined
  readonly #hooks: Hooks

  constructor(hooks: Hooks, reporter?: LocalReporter) {
    this.#hooks = hooks
    this.reporter = reporter
  }

  /** Whether events of a trigger have a receiver. If not, none are made. */
  get observesTriggers(): boolean {
    const { request, response, retry } = this.#hooks
    return (request ?? response ?? retry) !== undefined || hasSubscribers('pingerchips:trigger')
  }

  get observesAuth(): boolean {
    return this.#hooks.auth !== undefined || this.reporter !== undefined || hasSubscribers('pingerchips:auth')
  }

  request(event: RequestEvent): void {
    if (this.#hooks.request !== undefined) notify(this.#hooks.request, event)
  }

  response(event: ResponseEvent): void {
    if (this.#hooks.response !== undefined) notify(this.#hooks.response, event)
  }

  retry(event: RetryEvent): void {
    if (this.#hooks.retry !== undefined) notify(this.#hooks.retry, event)
  }

  error(error: PingerchipsError): void {
    if (this.#hooks.error !== undefined) notify(this.#hooks.error, error)
  }

  triggered(event: TriggerEvent): void {
    publish('pingerchips:trigger', event)
  }

  auth(event: AuthEvent): void {
    if (this.#hooks.auth !== undefined) notify(this.#hooks.auth, event)
    publish('pingerchips:auth', event)
  }
}

const observersKey: unique symbol = Symbol.for('pingerchips.observers') as never
const registry = globalThis as { [observersKey]?: WeakMap<object, HookDispatcher> }

/** The dispatchers of clients, for the endpoint; one registry for all copies of this package, such as its two builds. */
export const observers: WeakMap<object, HookDispatcher> = registry[observersKey] ?? new WeakMap()
registry[observersKey] = observers
