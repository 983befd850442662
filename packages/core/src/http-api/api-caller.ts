import { PingerchipsError } from '../errors.ts'
import type { HttpResponse } from '../transport/transport.ts'
import type { Service } from './api-client.ts'
import { assertCallOptions, type CallOptions, type CallPolicy, resolvePolicy } from './call-policy.ts'
import { requireApi, type WireProtocol } from './protocols/protocol.ts'

/** A list of channels may be long. */
const maxAnswerBytes = 16 * 1024 * 1024

/** A request to the Pusher HTTP API that does the same however often it arrives. */
export interface ApiCall {
  /** The method of the client: `channels()`. */
  readonly name: string
  readonly method: 'GET' | 'POST'
  /** Below the app's own path. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: string
  /** Whether it may be sent again after it may have arrived. Default: true. */
  readonly isRepeatable?: boolean
}

/** Makes requests to the Pusher HTTP API that trigger nothing, with the policy that triggers have. */
export class ApiCaller {
  readonly #protocol: WireProtocol
  readonly #service: Service
  readonly #policy: CallPolicy

  constructor(protocol: WireProtocol, service: Service, policy: CallPolicy) {
    this.#protocol = protocol
    this.#service = service
    this.#policy = policy
  }

  /**
   * @throws {TypeError} (as a rejection) for a malformed option, and over a protocol that has no such call
   * @throws {PingerchipsError} (as a rejection) if there is no 2xx
   */
  async send(call: ApiCall, options: CallOptions): Promise<void> {
    await this.#send(call, options, () => {})
  }

  /**
   * Asks something.
   * @param read the answer's JSON, taken for what it should be; `undefined` for anything else
   * @throws as {@link ApiCaller.send}, and `unexpected_response` for what cannot be read
   */
  ask<T>(call: ApiCall, read: (answer: unknown) => T | undefined, options: CallOptions): Promise<T> {
    return this.#send(call, options, ({ status, text }, attempts) => {
      const answer = read(parsed(text))
      if (answer !== undefined) return answer
      throw new PingerchipsError(
        'unexpected_response',
        `${call.name} failed: the answer is not what was asked for. Check that the endpoint is the Pusher HTTP API.`,
        { serviceStatus: status, attempts },
      )
    })
  }

  async #send<T>(
    { name, method, path, query, body, isRepeatable = true }: ApiCall,
    options: CallOptions,
    read: (answer: HttpResponse, attempts: number) => T,
  ): Promise<T> {
    assertCallOptions(options)
    const api = requireApi(this.#protocol, name)
    let attempts = 0
    const write = (now: number) => {
      attempts++
      return api.request(method, path, now, { ...(query && { query }), ...(body !== undefined && { body }) })
    }
    const own = resolvePolicy(options, this.#policy)
    const policy: CallPolicy = isRepeatable ? { ...own, delivery: 'at-least-once' } : own
    return read(await this.#service.send(write, { name, events: [], maxAnswerBytes }, policy), attempts)
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
