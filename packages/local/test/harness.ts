import { createHash, createHmac } from 'node:crypto'
import { once } from 'node:events'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import Backend from 'pusher'
import pusherJs from 'pusher-js'
import { onTestFinished } from 'vitest'
import { type ClientOptions, WebSocket } from 'ws'
import { type App, defaultApp, type LocalOptions, type LocalService, type LogEntry, startLocal } from '../src/index.ts'

// Under nodenext its types promise a `default` property; what Node imports is the class itself.
const PusherClient = pusherJs as unknown as typeof pusherJs.default
export type PusherClient = InstanceType<typeof PusherClient>

/** A service that closes when the test ends. */
export async function start(options: LocalOptions = {}): Promise<LocalService> {
  const service = await startLocal(options)
  onTestFinished(() => service.close())
  return service
}

/** A service, and its log entries so far. */
export async function startLogged(options: LocalOptions = {}) {
  const service = await start(options)
  const entries: LogEntry[] = []
  let received = () => {}
  service.onLog((entry) => {
    entries.push(entry)
    received()
  })
  /** Waits for the next entry of a type. Returns and removes all entries up to it. */
  async function upTo(type: LogEntry['type']): Promise<LogEntry[]> {
    for (;;) {
      const index = entries.findIndex((entry) => entry.type === type)
      if (index !== -1) return entries.splice(0, index + 1)
      await new Promise<void>((resolve) => {
        received = resolve
      })
    }
  }
  return { service, entries, upTo }
}

/** Where a service is. */
type Address = Pick<LocalService, 'host' | 'port'>

/** The published `pusher` package, pointed at the service. */
export function backend({ host, port }: Address, app: App = defaultApp): Backend {
  const encryptionMasterKeyBase64 = Buffer.alloc(32, 7).toString('base64')
  const { id, key, secret } = app
  return new Backend({ appId: id, key, secret, host, port: String(port), useTLS: false, encryptionMasterKeyBase64 })
}

/**
 * The published `pusher-js`, pointed at the service; its channels are authorized and its user is authenticated by the
 * published `pusher`.
 */
export function pusher(
  service: LocalService,
  member?: { user_id: string; user_info?: Record<string, unknown> },
  user?: Backend.UserChannelData,
) {
  const server = backend(service)
  const client = new PusherClient(defaultApp.key, {
    wsHost: service.host,
    wsPort: service.port,
    forceTLS: false,
    enabledTransports: ['ws'],
    cluster: 'local',
    channelAuthorization: {
      customHandler: ({ socketId, channelName }, callback) =>
        callback(null, server.authorizeChannel(socketId, channelName, member)),
    },
    userAuthentication: {
      customHandler: ({ socketId }, callback) =>
        user ? callback(null, server.authenticateUser(socketId, user)) : callback(new Error('unknown'), null),
    },
  })
  onTestFinished(() => client.disconnect())
  return client
}

/** What the next `event` of a pusher-js object carries. */
export function next<T = unknown>(
  emitter: { bind(event: string, callback: (data: T, metadata?: unknown) => void): unknown },
  event: string,
): Promise<T> {
  return new Promise((resolve) => emitter.bind(event, resolve))
}

export interface Frame {
  readonly event: string
  readonly channel?: string
  readonly data: unknown
  readonly user_id?: string
}

/** A client that sends whatever it likes. */
export class RawClient {
  readonly #socket: WebSocket
  readonly #frames: Frame[] = []
  readonly #waiting: ((frame: Frame) => void)[] = []
  readonly closed: Promise<number>
  socketId = ''

  constructor(url: string, options: ClientOptions) {
    this.#socket = new WebSocket(url, options)
    this.#socket.on('message', (data) => {
      const frame: Frame = JSON.parse(data.toString())
      const waiting = this.#waiting.shift()
      if (waiting) waiting(frame)
      else this.#frames.push(frame)
    })
    this.#socket.on('error', () => {})
    this.closed = new Promise((resolve) => this.#socket.once('close', resolve))
  }

  /** The next frame, sent already or not. */
  frame(): Promise<Frame> {
    const frame = this.#frames.shift()
    return frame ? Promise.resolve(frame) : new Promise((resolve) => this.#waiting.push(resolve))
  }

  send(data: string | Uint8Array | object): void {
    this.#socket.send(typeof data === 'string' || data instanceof Uint8Array ? data : JSON.stringify(data))
  }

  /** Frames that came before the answer to a ping that is sent now. */
  async pending(): Promise<Frame[]> {
    this.send({ event: 'pusher:ping', data: {} })
    const frames: Frame[] = []
    for (;;) {
      const frame = await this.frame()
      if (frame.event === 'pusher:pong') return frames
      frames.push(frame)
    }
  }

  async subscribe(channel: string, data: object = {}): Promise<Frame> {
    this.send({ event: 'pusher:subscribe', data: { channel, ...data } })
    return this.frame()
  }

  close(): void {
    this.#socket.close()
  }

  terminate(): void {
    this.#socket.terminate()
  }

  /** Stops reading, and so ignores the closing handshake. */
  pause(): void {
    this.#socket.pause()
  }
}

export function dial(
  service: LocalService,
  path = '/app/local-key?protocol=7',
  options: ClientOptions = {},
): RawClient {
  const client = new RawClient(`${service.url.replace('http', 'ws')}${path}`, options)
  onTestFinished(() => client.terminate())
  return client
}

/** A raw client that has been greeted. */
export async function connect(service: LocalService, path?: string): Promise<RawClient> {
  const client = dial(service, path)
  const { data } = await client.frame()
  client.socketId = JSON.parse(String(data)).socket_id
  return client
}

export function hmac(text: string, secret = defaultApp.secret): string {
  return createHmac('sha256', secret).update(text).digest('hex')
}

export function channelAuth({ socketId }: RawClient, channel: string, data?: string): string {
  return `${defaultApp.key}:${hmac(data === undefined ? `${socketId}:${channel}` : `${socketId}:${channel}:${data}`)}`
}

/** The response of an app to a client that signs in. */
export function userAuth({ socketId }: RawClient, userData: string): object {
  return { auth: `${defaultApp.key}:${hmac(`${socketId}::user::${userData}`)}`, user_data: userData }
}

/** Signs in, and returns the next frame. */
export function signIn(client: RawClient, user: object): Promise<Frame> {
  client.send({ event: 'pusher:signin', data: userAuth(client, JSON.stringify(user)) })
  return client.frame()
}

/** Subscribes to a presence channel as `userId`. */
export function enter(client: RawClient, channel: string, userId: unknown, userInfo?: unknown): Promise<Frame> {
  const data = JSON.stringify({ user_id: userId, user_info: userInfo })
  return client.subscribe(channel, { auth: channelAuth(client, channel, data), channel_data: data })
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: unknown
}

export interface Ask {
  readonly method?: string
  readonly path: string
  readonly headers?: Record<string, string>
  readonly body?: string | Uint8Array
}

/** One HTTP request with exactly these headers and bytes. */
export async function ask(service: Address, { method = 'POST', path, headers = {}, body }: Ask): Promise<Answer> {
  const { host, port } = service
  const request = httpRequest({ host, port, method, path, headers, agent: false })
  request.end(body)
  const [response] = await once(request, 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  return { status: response.statusCode, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
}

export interface SignedChanges {
  readonly key?: string
  readonly appKey?: string
  readonly secret?: string
  readonly timestamp?: string
  readonly signature?: string
  readonly signedPath?: string
  readonly search?: string
}

/** A request of the signed protocol, right but for what `changes` make of it. */
export function signed(body: string | Uint8Array, changes: SignedChanges = {}): Ask {
  const key = changes.key ?? defaultApp.key
  const path = `/api/apps/${key}/trigger`
  const timestamp = changes.timestamp ?? String(Math.floor(Date.now() / 1000))
  const mac = createHmac('sha256', changes.secret ?? defaultApp.secret)
  mac.update(`POST\n${changes.signedPath ?? path}\n${timestamp}\n`).update(body)
  return {
    path: `${path}${changes.search ?? ''}`,
    headers: {
      'X-App-Key': changes.appKey ?? key,
      'X-Timestamp': timestamp,
      'X-Signature': changes.signature ?? mac.digest('hex'),
    },
    body,
  }
}

/** A request of the Pusher HTTP API. `changes` go in before the signature is made; undefined leaves a parameter out. */
export function pusherRequest(
  method: string,
  path: string,
  body = '',
  changes: Record<string, string | undefined> = {},
  secret = defaultApp.secret,
): Ask {
  const query: Record<string, string | undefined> = {
    auth_key: defaultApp.key,
    auth_timestamp: String(Math.floor(Date.now() / 1000)),
    auth_version: '1.0',
    ...(body !== '' && { body_md5: createHash('md5').update(body).digest('hex') }),
    ...changes,
  }
  const names = Object.keys(query)
    .filter((name) => query[name] !== undefined)
    .sort()
  const text = names.map((name) => `${name}=${query[name]}`).join('&')
  const signature = hmac(`${method}\n${path}\n${text}`, secret)
  return { method, path: `${path}?${text}&auth_signature=${signature}`, body }
}
