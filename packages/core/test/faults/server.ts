import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { type Fault, faults, type Play } from './plan.ts'

/** What the server has seen of one event. */
export interface Seen {
  attempts: number
  applied: number
  /** The id that came with it, and whether each attempt came with the same. */
  id: string
  keptItsId: boolean
  /** The last one. */
  signature: string
  /** When the next attempt may come at the earliest, by `performance.now()`, and how many milliseconds earlier one came. */
  notBefore: number
  undercut: number
}

/** What an event's data is: which one it is, and what is to become of it. */
export interface EventData {
  readonly n: number
  readonly play: Play
}

/** One request. */
interface Received {
  readonly target: string
  readonly head: string
  readonly body: string
}

/** An HTTP server, of plain sockets, that does to each event what its data says, and keeps book of it. */
export class FaultServer {
  readonly seen = new Map<number, Seen>()
  readonly played = new Map<Fault, number>()
  requests = 0
  /** Requests to where a redirect pointed. */
  followed = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor() {
    this.#server = createServer((socket) => this.#serve(socket))
  }

  static async start(): Promise<FaultServer> {
    const server = new FaultServer()
    server.#server.listen(0, '127.0.0.1', 4096)
    await once(server.#server, 'listening')
    return server
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get connections(): number {
    return this.#sockets.size
  }

  /** How many faults there were: all that was not `ok`. */
  get faults(): number {
    return [...this.played].reduce((sum, [fault, times]) => sum + (fault === 'ok' ? 0 : times), 0)
  }

  /** Every connection's end: of those that a client has closed or broken off. */
  async disconnected(): Promise<void> {
    await Promise.all([...this.#sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve))))
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    let unread: Buffer = Buffer.alloc(0)
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('data', (chunk) => {
      unread = Buffer.concat([unread, chunk])
      for (let taken = takeRequest(unread); taken !== undefined; taken = takeRequest(unread)) {
        unread = taken.rest
        this.#answer(socket, taken.request)
      }
    })
  }

  #answer(socket: Socket, request: Received): void {
    this.requests++
    if (request.target.startsWith('/elsewhere')) this.followed++
    const events = eventsOf(request)
    const id = header(request, 'idempotency-key')
    const signature = header(request, 'x-signature') || (/auth_signature=(\w+)/.exec(request.target)?.[1] ?? '')
    let fault: Fault = 'ok'
    for (const [index, { n, play }] of events.entries()) {
      const seen = this.#see(n, id)
      seen.signature = signature
      if (index === 0) fault = play[seen.attempts - 1] ?? 'ok'
      if (faults[fault].applies) seen.applied++
      seen.notBefore = performance.now() + (waits[fault] ?? 0)
    }
    this.played.set(fault, (this.played.get(fault) ?? 0) + 1)
    acts[fault](socket, request)
  }

  #see(n: number, id: string): Seen {
    const seen = this.seen.get(n) ?? {
      attempts: 0,
      applied: 0,
      id,
      keptItsId: true,
      signature: '',
      notBefore: 0,
      undercut: 0,
    }
    this.seen.set(n, seen)
    seen.attempts++
    // Alone again, after a request that it shared, it has its own id and not the others'.
    if (!seen.id.includes(id)) seen.keptItsId = false
    seen.undercut = Math.max(seen.undercut, seen.notBefore - performance.now())
    return seen
  }
}

/** Milliseconds that an answer asks to wait. */
const waits: Partial<Record<Fault, number>> = {
  '429, in a second': 1000,
  '503, in a second': 1000,
  '503, in an hour': 3_600_000,
}

const acts: Record<Fault, (socket: Socket, request: Received) => void> = {
  ok: (socket) => answer(socket, 200),
  'reset before': reset,
  'reset after': reset,
  'close before': close,
  'close after': close,
  'half a head': (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Le'),
  'half a body': (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"ok":'),
  'half a chunk': (socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{"ok":'),
  'length too long': (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}'),
  'length too short': (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{"ok":true}'),
  'two lengths': (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} '),
  '429': (socket, request) => refuse(socket, 429, request),
  '429, at once': (socket, request) => refuse(socket, 429, request, '0'),
  '429, in a second': (socket, request) => refuse(socket, 429, request, '1'),
  '429, by date': (socket, request) => refuse(socket, 429, request, soon()),
  '503': (socket, request) => refuse(socket, 503, request),
  '503, in a second': (socket, request) => refuse(socket, 503, request, '1'),
  '503, by date': (socket, request) => refuse(socket, 503, request, soon()),
  '503, in an hour': (socket, request) => refuse(socket, 503, request, '3600'),
  '502': (socket, request) => refuse(socket, 502, request),
  '504': (socket, request) => refuse(socket, 504, request),
  '500 before': (socket, request) => refuse(socket, 500, request),
  '500 after': (socket, request) => refuse(socket, 500, request),
  '422': (socket, request) => refuse(socket, 422, request),
  '403': (socket, request) => refuse(socket, 403, request),
  'hang before': () => {},
  'hang after': () => {},
  'slow drip': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n')
    const drip = setInterval(() => socket.write(' '), 10)
    socket.on('close', () => clearInterval(drip))
  },
  'endless body': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
    const feed = () => {
      if (!socket.destroyed) socket.write(chunk, () => setImmediate(feed))
    }
    feed()
  },
  redirect: (socket) => answer(socket, 307, '', `Location: /elsewhere\r\n`),
  'gzip bomb': (socket) => answer(socket, 200, bomb, 'Content-Encoding: gzip\r\n'),
  'not HTTP': (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'),
  'an early hint': (socket) => {
    socket.write('HTTP/1.1 103 Early Hints\r\nLink: </>; rel=preload\r\n\r\n')
    answer(socket, 200)
  },
}

const chunk = Buffer.from(`4000\r\n${'x'.repeat(0x4000)}\r\n`)
/** 20 KB that are 20 MB. */
const bomb = gzipSync(Buffer.alloc(20 * 1024 * 1024))

function reset(socket: Socket): void {
  socket.resetAndDestroy()
}

function close(socket: Socket): void {
  socket.end()
}

/** Says no, and repeats all that it has heard, as a server may that wants to be of help. */
function refuse(socket: Socket, status: number, { head, body }: Received, retryAfter?: string): void {
  const wait = retryAfter === undefined ? '' : `Retry-After: ${retryAfter}\r\n`
  answer(socket, status, JSON.stringify({ error: `Validation failed: ${head}${body}` }), wait)
}

function answer(socket: Socket, status: number, body: string | Buffer = '{}', headers = ''): void {
  socket.write(`HTTP/1.1 ${status} Answer\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`)
  socket.write(body)
}

/** A date is of whole seconds: between one and two from now. */
function soon(): string {
  return new Date(Date.now() + 2000).toUTCString()
}

function takeRequest(bytes: Buffer): { request: Received; rest: Buffer } | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const head = bytes.toString('latin1', 0, headEnd)
  const bodyStart = headEnd + 4
  const end = bodyStart + Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0)
  if (bytes.length < end) return undefined
  const target = head.slice(0, head.indexOf('\r\n')).split(' ')[1] ?? ''
  const body = bytes.toString('utf8', bodyStart, end)
  return { request: { target, head, body }, rest: bytes.subarray(end) }
}

function header({ head }: Received, name: string): string {
  return new RegExp(`^${name}: *(.*)$`, 'im').exec(head)?.[1] ?? ''
}

/** The events of a request: one, or over the Pusher protocol up to ten. Its data is text. */
function eventsOf({ body }: Received): EventData[] {
  const { data, batch } = JSON.parse(body) as { data?: EventData | string; batch?: { data: string }[] }
  if (batch !== undefined) return batch.map((event) => JSON.parse(event.data))
  return [typeof data === 'string' ? JSON.parse(data) : data]
}
