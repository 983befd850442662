import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  bodyConsumed,
  type EndpointResponse,
  fromFetchRequest,
  fromNodeRequest,
  headerOf,
  type IncomingRequest,
} from '@pingerchips/core/adapter'
import type { H3Event } from 'h3'

/** What the adapter asks of an event, which each version of h3 keeps elsewhere. */
interface Version<Event> {
  method(event: Event): string
  /** Below the mount, and without the query. */
  path(event: Event): string
  header(event: Event, name: string): string | undefined
  address(event: Event): string | undefined
  carry(event: Event): IncomingRequest | Promise<IncomingRequest>
  /** Prepares the answer; headers that the app has set stay. @returns what a handler is to return */
  answer(event: Event, answer: EndpointResponse): string
}

/** h3 2's, of which {@link H3Event} has the types. */
const two: Version<H3Event> = {
  method: ({ req }) => req.method,
  path: ({ url }) => url.pathname,
  header: ({ req }, name) => req.headers.get(name) ?? undefined,
  address: ({ req }) => req.ip,
  // Of a body that the app has read nothing is kept.
  carry: ({ req }) => fromFetchRequest(req as Request),
  // Not a Response: h3 takes the app's headers off one that is a refusal.
  answer({ res }, { status, headers, body }) {
    res.status = status
    for (const [name, value] of Object.entries(headers)) res.headers.set(name, value)
    return body
  },
}

/** h3 1's. On Node `req` and `res` are Node's; elsewhere they are made up, by `toWebHandler` or by Nitro. */
interface EventOfOne {
  readonly method: string
  readonly path: string
  readonly node: { readonly req: IncomingMessage; readonly res: ServerResponse }
  /** Behind `toWebHandler`. */
  readonly web?: { readonly request?: Request }
}

/** Where `readBody` and `readRawBody` leave what they have read. */
interface Read {
  readonly [rawBody]?: Promise<unknown>
  readonly [parsedBody]?: unknown
  /** Of a request that Nitro has made up, and of one that was parsed by what h3 is mounted in. */
  readonly body?: unknown
  readonly rawBody?: unknown
}
const rawBody: unique symbol = Symbol.for('h3RawBody') as never
const parsedBody: unique symbol = Symbol.for('h3ParsedBody') as never

const one: Version<EventOfOne> = {
  method: ({ method }) => method,
  path: ({ path }) => path.replace(/[?#].*$/s, ''),
  header: ({ node }, name) => headerOf(node.req, name),
  // Empty where the request is made up.
  address: ({ node }) => node.req.socket.remoteAddress || undefined,
  async carry({ node: { req }, web }) {
    const read = req as IncomingMessage & Read
    if (web?.request)
      return fromFetchRequest(web.request, () => {
        if (parsedBody in read) return read[parsedBody] as object
        throw bodyConsumed()
      })
    // A read that has failed was the app's, and has told the app.
    const bytes = await read[rawBody]?.catch(() => undefined)
    const body = read.body instanceof ArrayBuffer ? new Uint8Array(read.body) : read.body
    return fromNodeRequest(
      req,
      () => read[parsedBody] ?? bytes ?? body,
      () => bytes ?? read.rawBody ?? body,
    )
  },
  answer({ node: { res } }, { status, headers, body }) {
    res.statusCode = status
    for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
    return body
  },
}

/** The version that an event is of. */
export function versionOf(event: H3Event): Version<H3Event> {
  // The types are those of the one version that is installed.
  return 'url' in event ? two : (one as Version<unknown> as Version<H3Event>)
}
