import { createHmac } from 'node:crypto'
import { type App, defaultApp } from '../app.ts'

/**
 * A request, to send with what the app's framework has for tests: `app.inject(request)`, `app.request(request.url,
 * request)`, `fetch(origin + request.url, request)`, or supertest's `.post(url).set(headers).send(body)`.
 */
export interface FakeRequest {
  readonly method: 'POST'
  /** A path. */
  readonly url: string
  /** Names in lower case. */
  readonly headers: Record<string, string>
  /** The exact text: what is signed, where it is. */
  readonly body: string
}

/** What every such request can be told. */
export interface RequestOptions {
  /** Where it goes. Default: where the adapters mount what it asks for, such as `/pingerchips/auth`. */
  readonly path?: string | undefined
  /** Headers beside its own, such as a session's cookie. Default: none. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** What a sign-in can be told. */
export interface SigninOptions extends RequestOptions {
  /** Default `1234.5678`. */
  readonly socketId?: string | undefined
  /** The `params` of `pusher-js`: fields beside its own. Default: none. */
  readonly params?: Readonly<Record<string, string>> | undefined
}

/** A channel, and what the library asks with: `pusher-js` sends a form, `pingerchips-js` JSON. */
export type AuthOptions =
  | (SigninOptions & { readonly channel: string; readonly client?: 'pusher-js' | undefined })
  | (Omit<SigninOptions, 'params'> & {
      readonly channel: string
      readonly client: 'pingerchips-js'
      /** The `authInfo` of `pingerchips-js`: any JSON, such as `{ token }`. Default: none. */
      readonly authInfo?: unknown
    })

/** What a webhook can be told. */
export interface WebhookOptions extends RequestOptions {
  /** Whose key and secret sign it. Default: `defaultApp`. */
  readonly app?: Pick<App, 'key' | 'secret'> | undefined
  /** When it was made, in milliseconds since 1970. Default: now. */
  readonly timeMs?: number | undefined
}

/** The requests that {@link fakeRequest} makes. */
export interface FakeRequests {
  /** What a client library asks the auth endpoint for when it joins a private or presence channel. */
  auth(options: AuthOptions): FakeRequest
  /** What `pusher-js` asks the sign-in endpoint for on `signin()`. */
  signin(options?: SigninOptions): FakeRequest
  /** What the service tells a webhook endpoint of, signed: `{ name: 'channel_occupied', channel: 'orders' }`. */
  webhook(events: readonly Readonly<Record<string, unknown>>[], options?: WebhookOptions): FakeRequest
}

const defaultSocketId = '1234.5678'

/** Requests as an app gets them from client libraries and from the service. */
export const fakeRequest: FakeRequests = {
  auth(options) {
    const { channel, socketId = defaultSocketId, path = '/pingerchips/auth', headers } = options
    const asked = { socket_id: socketId, channel_name: channel }
    if (options.client !== 'pingerchips-js') return form(path, { ...asked, ...options.params }, headers)
    return json(path, JSON.stringify({ ...asked, auth_info: options.authInfo }), headers)
  },
  signin({ socketId = defaultSocketId, path = '/pingerchips/user-auth', params, headers } = {}) {
    return form(path, { socket_id: socketId, ...params }, headers)
  },
  webhook(events, { app = defaultApp, timeMs = Date.now(), path = '/pingerchips/webhooks', headers } = {}) {
    const body = JSON.stringify({ time_ms: timeMs, events })
    const signature = createHmac('sha256', app.secret).update(body).digest('hex')
    return json(path, body, { 'x-pusher-key': app.key, 'x-pusher-signature': signature, ...headers })
  },
}

type Headers = Readonly<Record<string, string>> | undefined

function form(url: string, fields: Record<string, string>, headers: Headers): FakeRequest {
  return post(url, 'application/x-www-form-urlencoded', new URLSearchParams(fields).toString(), headers)
}

function json(url: string, body: string, headers: Headers): FakeRequest {
  return post(url, 'application/json', body, headers)
}

function post(url: string, type: string, body: string, headers: Headers): FakeRequest {
  return { method: 'POST', url, headers: { 'content-type': type, ...headers }, body }
}
