import { hasSubscribers, publish } from '#diagnostics'
import {
  describeType,
  invalidArgument,
  type Outcome,
  type PingerchipsError,
  type PingerchipsErrorCode,
} from '../errors.ts'
import { assertOptions, type ChannelKind } from '../internal/validate.ts'

/** What is told of every request that a client makes. */
export interface RequestDetails {
  /** The ids of the events that it carries, as sent in `Idempotency-Key`; none where it asks something. */
  readonly ids: readonly string[]
  /** The channels that its events are for; none where it asks something. */
  readonly channels: readonly string[]
  /** The event's name; `undefined` where it carries several, or none. */
  readonly event: string | undefined
  /** Which attempt it is, from 1 on. */
  readonly attempt: number
}

/** A request that is about to be sent. */
export interface RequestEvent extends RequestDetails {
  /** The body's length as UTF-8. */
  readonly bytes: number
}

/** An answer, whatever its status. */
export interface ResponseEvent extends RequestDetails {
  /** The HTTP status. */
  readonly status: number
  /** Milliseconds since the request. */
  readonly duration: number
}

/** A failed attempt that will be followed by another. */
export interface RetryEvent extends RequestDetails {
  /** Why the attempt failed. */
  readonly code: PingerchipsErrorCode
  /** The HTTP status; `undefined` when there was no answer. */
  readonly status: number | undefined
  /** Milliseconds until the next attempt. */
  readonly delay: number
}

/** What became of a request with events: delivered, or failed for good. */
export interface TriggerEvent extends Omit<RequestDetails, 'attempt'> {
  /** `accepted`: the service has accepted it; else as in {@link PingerchipsError.outcome}. */
  readonly outcome: 'accepted' | Outcome
  /** How many requests were made; 0 when it failed before the first. */
  readonly attempts: number
  /** When it began: milliseconds since 1970. */
  readonly startTime: number
  /** Milliseconds, attempts and waits together. */
  readonly duration: number
  /** Why it failed; `undefined` for `accepted`. */
  readonly code: PingerchipsErrorCode | undefined
  /** The HTTP status of a failure; `undefined` for `accepted`, and when there was no answer. */
  readonly status: number | undefined
}

/** What the auth endpoint has answered. */
export interface AuthEvent {
  /** To join a channel, or to sign in as a user. */
  readonly type: 'subscribe' | 'signin'
  /** `failed`: the app's own failure; nothing was signed. */
  readonly outcome: 'granted' | 'refused' | 'failed'
  /** `undefined` where there is no well-formed one, and when signing in. */
  readonly channel: string | undefined
  /** The channel's; `undefined` where there is none. */
  readonly kind: ChannelKind | undefined
  /** `undefined` for `failed`: the framework answers. */
  readonly status: number | undefined
  /** When it began: milliseconds since 1970. */
  readonly startTime: number
  /** Milliseconds, your callbacks included. */
  readonly duration: number
}

/**
 * Functions that hear of what a client does. None is told an event's data, a secret, a token or a signature. What they
 * throw is reported as an uncaught error would be, and changes nothing.
 */
export interface Hooks {
  /** A request is about to be sent. */
  readonly request?: ((event: RequestEvent) => void) | undefined
  /** An answer has come. */
  readonly response?: ((event: ResponseEvent) => void) | undefined
  /** An attempt has failed, and there will be another. */
  readonly retry?: ((event: RetryEvent) => void) | undefined
  /** A request has failed for good; a call that takes several requests may have several such. */
  readonly error?: ((error: PingerchipsError) => void) | undefined
  /** The auth endpoint has answered. */
  readonly auth?: ((event: AuthEvent) => void) | undefined
}

const hookNames: Record<keyof Hooks, true> = { request: true, response: true, retry: true, error: true, auth: true }

const observersKey: unique symbol = Symbol.for('pingerchips.observers') as never

/** @throws {TypeError} naming the hook that is no function, or unknown */
export function assertHooks(value: unknown, argument: string): asserts value is Hooks {
  assertOptions(value, argument, hookNames)
  for (const [name, hook] of Object.entries(value))
    if (hook !== undefined && typeof hook !== 'function')
      throw invalidArgument(`${argument}.${name}`, `must be a function (got ${describeType(hook)})`)
}

/** Tells a client's hooks, and on Node whoever listens on a diagnostics channel. */
export class HookDispatcher {
  readonly #hooks: Hooks

  constructor(hooks: Hooks) {
    this.#hooks = hooks
  }

  /** Whether anybody would hear of a trigger: if not, none of this is made. */
  get observesTriggers(): boolean {
    const { request, response, retry } = this.#hooks
    return (request ?? response ?? retry) !== undefined || hasSubscribers('pingerchips:trigger')
  }

  get observesAuth(): boolean {
    return this.#hooks.auth !== undefined || hasSubscribers('pingerchips:auth')
  }

  request(event: RequestEvent): void {
    this.#tell('request', event)
  }

  response(event: ResponseEvent): void {
    this.#tell('response', event)
  }

  retry(event: RetryEvent): void {
    this.#tell('retry', event)
  }

  error(error: PingerchipsError): void {
    this.#tell('error', error)
  }

  triggered(event: TriggerEvent): void {
    publish('pingerchips:trigger', event)
  }

  auth(event: AuthEvent): void {
    this.#tell('auth', event)
    publish('pingerchips:auth', event)
  }

  #tell<Name extends keyof Hooks>(name: Name, event: Parameters<NonNullable<Hooks[Name]>>[0]): void {
    const hook = this.#hooks[name] as ((told: typeof event) => unknown) | undefined
    if (hook === undefined) return
    try {
      // An async hook's failure is its own: it is not waited for.
      Promise.resolve(hook(event)).catch(reportHookFailure)
    } catch (error) {
      reportHookFailure(error)
    }
  }
}

/** As an error that nothing catches, but without ending the process: to watch must not be able to break anything. */
function reportHookFailure(error: unknown): void {
  console.error('A Pingerchips hook failed:', error)
}

const registry = globalThis as { [observersKey]?: WeakMap<object, HookDispatcher> }

/** The dispatchers of clients, for the endpoint; one registry for all copies of this package, such as its two builds. */
export const observers: WeakMap<object, HookDispatcher> = registry[observersKey] ?? new WeakMap()
registry[observersKey] = observers
