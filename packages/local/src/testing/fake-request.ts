import { createHmac } from 'node:crypto'
import { type App, defaultApp } from '../protocol/credentials.ts'

/**
 * A request, to send with what the app's framework has for tests: `app.inject(request)`, `app.request(request.url,
 * request)`, `fetch(origin + request.url, request)`, or supertest's `.post(url).set(headers).send(body)`.
 */
export interface FakeRequest {
  readonly method: 'POST'
  /** The path. */
  readonly url: string
  /** Names in lower case. */
  readonly headers: Record<string, string>
  /** The exact text, which is signed in a webhook. */
  readonly body: string
}

/** Options of every request. */
export interface RequestOptions {
  /** The path. Default: the adapters' own, such as `/pingerchips/auth`. */
  readonly path?: string | undefined
  /** Additional headers, such as a session cookie. Default: none. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** Options of a sign-in request. */
export interface SigninOptions extends RequestOptions {
  /** Default `1234.5678`. */
  readonly socketId?: string | undefined
  /** The `params` of `pusher-js`: additional fields. Default: none. */
  readonly params?: Readonly<Record<string, string>> | undefined
}

/** Options of a channel authorization request: `pusher-js` sends a form, `pingerchips-js` JSON. */
export type AuthOptions =
  | (SigninOptions & { readonly channel: string; readonly client?: 'pusher-js' | undefined })
  | (Omit<SigninOptions, 'params'> & {
      readonly channel: string
      readonly client: 'pingerchips-js'
      /** The `authInfo` of `pingerchips-js`: any JSON, such as `{ token }`. Default: none. */
      readonly authInfo?: unknown
    })

/** Options of a webhook request. */
export interface WebhookOptions extends RequestOptions {
  /** The app whose key and secret sign it. Default: `defaultApp`. */
  readonly app?: Pick<App, 'key' | 'secret'> | undefined
  /** Its time, in milliseconds since 1970. Default: now. */
  readonly timeMs?: number | undefined
}

/** The requests that {@link fakeRequest} makes. */
export interface FakeRequests {
  /** Creates the request of a client library that subscribes to a private or presence channel. */
  auth(options: AuthOptions): FakeRequest
  /** Creates the request of `signin()` in `pusher-js`. */
  signin(options?: SigninOptions): FakeRequest
  /** Creates a signed webhook of the service, with events such as `{ name: 'channel_occupied', channel: 'orders' }`. */
  webhook(events: readonly Readonly<Record<string, unknown>>[], options?: WebhookOptions): FakeRequest
}

const defaultSocketId = '1234.5678'

/** Creates requests as client libraries and the service send them to an app. Throws no errors. */
export const fakeRequest: FakeRequests = {
  auth(options) {
    const { channel, socketId = defaultSocketId, path = '/pingerchips/auth', headers } = options
    const fields = { socket_id: socketId, channel_name: channel }
    if (options.client !== 'pingerchips-js') return form(path, { ...fields, ...options.params }, headers)
    return json(path, JSON.stringify({ ...fields, auth_info: options.authInfo }), headers)
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
