import { PingerchipsError } from '../errors.ts'
import type { HttpAnswer } from '../send/transport.ts'
import type { Patience } from '../trigger/patience.ts'
import { apiOf, type WireProtocol } from '../trigger/protocol.ts'
import type { Service } from '../trigger/service.ts'
import { assertCallOptions, type CallOptions, patienceOf } from '../trigger/trigger-options.ts'

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
}

/** Makes requests to the Pusher HTTP API that trigger nothing, with the patience that triggers have. */
export class ApiCaller {
  readonly #protocol: WireProtocol
  readonly #service: Service
  readonly #patience: Patience

  constructor(protocol: WireProtocol, service: Service, patience: Patience) {
    this.#protocol = protocol
    this.#service = service
    this.#patience = patience
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
   * @throws as {@link ApiCaller.send}, and `unexpected_answer` for what cannot be read
   */
  ask<T>(call: ApiCall, read: (answer: unknown) => T | undefined, options: CallOptions): Promise<T> {
    return this.#send(call, options, ({ status, text }, attempts) => {
      const answer = read(parsed(text))
      if (answer !== undefined) return answer
      throw new PingerchipsError(
        'unexpected_answer',
        `${call.name} failed: the answer is not what was asked for. Check that the endpoint is the Pusher HTTP API.`,
        { status, attempts },
      )
    })
  }

  async #send<T>(
    { name, method, path, query, body }: ApiCall,
    options: CallOptions,
    read: (answer: HttpAnswer, attempts: number) => T,
  ): Promise<T> {
    assertCallOptions(options)
    const api = apiOf(this.#protocol, name)
    let attempts = 0
    const write = (now: number) => {
      attempts++
      return api.request(method, path, now, { ...(query && { query }), ...(body !== undefined && { body }) })
    }
    const patience: Patience = { ...patienceOf(options, this.#patience), retry: 'at-least-once' }
    return read(await this.#service.send(write, { name, events: [], maxAnswerBytes }, patience), attempts)
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
