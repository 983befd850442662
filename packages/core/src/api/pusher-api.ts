import type { Hmac } from '../sign/hmac.ts'
import { signedPusherQuery } from '../sign/request.ts'
import { jsonType, type WireRequest } from '../trigger/protocol.ts'

interface RequestParts {
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Query parameters, as they are to be read. */
  readonly query?: Readonly<Record<string, string>>
}

/** Writes and signs requests to the Pusher HTTP API of one app. */
export class PusherApi {
  readonly #base: string
  readonly #appKey: string
  readonly #hmac: Hmac

  constructor(basePath: string, appId: string, appKey: string, hmac: Hmac) {
    this.#base = `${basePath}/apps/${appId}`
    this.#appKey = appKey
    this.#hmac = hmac
  }

  /** @param path below the app's own */
  request(method: 'GET' | 'POST', path: string, now: number, { body, headers, query }: RequestParts = {}): WireRequest {
    const signed = signedPusherQuery(this.#hmac, this.#appKey, method, this.#base + path, now, body, query)
    return {
      method,
      path: `${this.#base}${path}?${signed}`,
      headers: body === undefined ? {} : { 'content-type': jsonType, ...headers },
      body,
    }
  }
}
