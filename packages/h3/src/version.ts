import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type BodyDeadline,
  type BodyHolder,
  type EndpointResponse,
  fromFetchRequest,
  fromNodeRequest,
  headerOf,
  type IncomingRequest,
  keptBody,
  keptRawBody,
  limitBodyTime,
} from '@pingerchips/core/adapter'
import type { H3Event } from 'h3'

/** What the adapter reads from an event: each version of h3 keeps it elsewhere. */
interface Version<Event> {
  method(event: Event): string
  /** Below the mount, and without the query. */
  path(event: Event): string
  header(event: Event, name: string): string | undefined
  address(event: Event): string | undefined
  incoming(event: Event): IncomingRequest | Promise<IncomingRequest>
  /** Prepares the response; headers that the app has set stay. @returns what a handler returns */
  respond(event: Event, response: EndpointResponse): string
}

/** h3 2, whose types {@link H3Event} has. */
const v2: Version<H3Event> = {
  method: ({ req }) => req.method,
  path: ({ url }) => url.pathname,
  header: ({ req }, name) => req.headers.get(name) ?? undefined,
  address: ({ req }) => req.ip,
  // It keeps nothing of a body that the app has read.
  incoming({ req, res, runtime }) {
    return fromFetchRequest(req as Request, { deadline: deadlineOf(runtime), responseStatus: () => res.status })
  },
  // Not a Response: h3 removes the app's headers from one with an error status.
  respond({ res }, { status, headers, body }) {
    res.status = status
    for (const [name, value] of Object.entries(headers)) res.headers.set(name, value)
    return body
  },
}

/** The time limit of the body, where the Fetch API's request is one of Node underneath. */
function deadlineOf(runtime: unknown): BodyDeadline | undefined {
  const { node } = Object(runtime) as {
    readonly node?: { readonly req: IncomingMessage; readonly res?: ServerResponse }
  }
  return node && limitBodyTime(node.req, node.res)
}

/** An event of h3 1. On Node `req` and `res` are Node's; elsewhere `toWebHandler` or Nitro makes them. */
interface V1Event {
  readonly method: string
  readonly path: string
  readonly node: { readonly req: IncomingMessage & { readonly originalUrl?: string }; readonly res: ServerResponse }
  /** Behind `toWebHandler`. */
  readonly web?: { readonly request?: Request }
}

/** Where `readRawBody` and `readBody` leave what they have read. */
interface V1Read {
  readonly [rawBody]?: Promise<unknown>
  readonly [parsedBody]?: unknown
}
const rawBody: unique symbol = Symbol.for('h3RawBody') as never
const parsedBody: unique symbol = Symbol.for('h3ParsedBody') as never

const maxKeptBytes = 1024 * 1024

const v1: Version<V1Event> = {
  method: ({ method }) => method,
  path({ path, node: { req } }) {
    // It decodes the path, but not the query: a `?` or `#` of the path is no end of it.
    const url = req.originalUrl ?? req.url ?? ''
    const query = url.includes('?') ? url.slice(url.indexOf('?')) : ''
    return query !== '' && path.endsWith(query) ? path.slice(0, -query.length) : path
  },
  header: ({ node }, name) => headerOf(node.req, name),
  // Empty where the request is made up.
  address: ({ node }) => node.req.socket.remoteAddress || undefined,
  async incoming({ node: { req, res }, web }) {
    const read = req as V1Read
    // A read that failed was the app's, which has its error.
    const own = { rawBody: await read[rawBody]?.catch(() => undefined), body: read[parsedBody] }
    const holders: BodyHolder[] = [own, req as BodyHolder]
    if (web?.request === undefined) return fromNodeRequest(req, res, holders)
    return fromFetchRequest(web.request, {
      deadline: deadlineOf((web.request as { readonly runtime?: unknown }).runtime),
      responseStatus: () => res.statusCode,
      keptBody: () => keptBody(holders, maxKeptBytes),
      keptRawBody: () => keptRawBody(holders, maxKeptBytes),
    })
  },
  respond({ node: { res } }, { status, headers, body }) {
    res.statusCode = status
    for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
    return body
  },
}

/** The version of h3 that an event is of. */
export function versionOf(event: H3Event): Version<H3Event> {
  // The types are those of the one version that is installed.
  return 'url' in event ? v2 : (v1 as Version<unknown> as Version<H3Event>)
}
