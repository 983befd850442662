import { invalidArgument } from '../errors.ts'
import { AuthEndpoint } from './auth-endpoint.ts'
import type { AuthEndpointOptions } from './auth-options.ts'
import { RequestClient, type RequestClientDetails } from './request-client.ts'

/** What an adapter has for the client of a request. */
export type RequestClientOptions = Pick<RequestClientDetails, 'header' | 'waitUntil'>

/** The auth endpoint of a middleware, which also puts a client on every request. */
export class MountedEndpoint<Request, User, Context extends object = object> extends AuthEndpoint<
  Request,
  User,
  Context
> {
  /** The property of the request where an adapter puts {@link MountedEndpoint.requestClient}. */
  readonly property: string

  /** As the constructor of {@link AuthEndpoint}. */
  constructor(
    options: AuthEndpointOptions<Request, User, Context>,
    address?: (request: Request) => string | undefined,
  ) {
    super(options, address)
    const { property = 'pingerchips' } = options
    assertProperty(property, 'options.property')
    this.property = property
  }

  /** What a route handler finds as `req.pingerchips`. */
  requestClient(request: Request, options: RequestClientOptions, context?: Context): RequestClient {
    const { header, waitUntil } = options
    return new RequestClient({
      endpoint: this,
      resolveClient: () => this.resolveClient(request, context),
      header,
      waitUntil,
    })
  }

  /** @throws {TypeError} if {@link MountedEndpoint.property} of a request has a `value` of other code or of another endpoint */
  assertFree(value: unknown): void {
    assertFreeProperty(value, this.property, this)
  }
}

/**
 * Properties of requests that frameworks or common libraries use. To write another value there would let other code take a
 * client for a user, a session or a body.
 */
const reserved = new Set(
  [
    // Of passport, Clerk, hono/jwt, @fastify/jwt, express-openid-connect, casl, and of tutorials.
    'payload oidc ability tenant tenantId apiGateway flash decoded uid me',
    // Bodies, files and cookies: body-parser, multer, formidable, cookie-parser, raw bodies.
    'body rawBody _body file files cookie cookies signedCookies secret',
    // Logs, ids, languages, data: pino-http, express-request-id, i18next, prisma.
    'log logger id requestId reqId nonce t i18n language languages locale locals state context data validated db',
    // Node: IncomingMessage, Readable, EventEmitter.
    'aborted complete connection socket headers headersDistinct rawHeaders trailers trailersDistinct rawTrailers method',
    'url originalUrl baseUrl statusCode statusMessage httpVersion httpVersionMajor httpVersionMinor client destroy',
    'destroyed closed errored errors read readable readableDidRead readableAborted readableEncoding readableEnded',
    'readableFlowing readableHighWaterMark readableLength readableObjectMode pause resume pipe unpipe push unshift on off',
    'once emit addListener removeListener removeAllListeners listeners listenerCount setTimeout setMaxListeners signal',
    // Express, Fastify, Koa, Hono, h3, restify, polka.
    'accepts acceptsCharsets acceptsEncodings acceptsLanguages app req res request response next route params param',
    'query querystring path pathname href search origin originalMethod ip ips port protocol secure host hostname',
    'subdomains fresh stale xhr idempotent charset length type is get set header headerSent status message throw assert',
    'redirect attachment append flushHeaders lastModified etag vary writable onerror inspect toJSON respond mountPath',
    'matched router routerPath raw server is404 routeOptions routeSchema routeConfig validationError env var finalized',
    'render json text html event executionCtx error notFound newResponse web node handled runtime waitUntil clientAddress',
    'matchedRoute nitro cloudflare middleware basicAuth _platform server ctx respondWith',
  ]
    .join(' ')
    .split(' '),
)

/**
 * Parts of the names under which apps and libraries keep who the user is and what they may do: `currentUser`, `appSession`
 * (express-openid-connect), `isAdmin`. A guard such as `if (!req.isAdmin)` would let everyone in.
 */
const trusted =
  /user|auth|session|token|jwt|log(?:ged)?_?(?:in|out)|admin|role|permi|identi|account|claim|passport|principal|csrf/i

/** @throws {TypeError} if it is no name for the client on a request */
export function assertProperty(property: unknown, argument: string): void {
  if (typeof property !== 'string' || !/^[A-Za-z_$][A-Za-z0-9_$]*$/.test(property))
    throw invalidArgument(argument, "must be a property name of letters, digits, _ and $, such as 'chat'")
  if (property in Object.prototype || reserved.has(property) || trusted.test(property))
    throw invalidArgument(
      argument,
      `must not be '${property}', which a framework or a common library uses. Choose a name of your own, such as 'chat'`,
    )
}

/**
 * Checks that a property of a request is free, before an endpoint writes its client there. The endpoint's own client may
 * be there: a framework may run one middleware twice.
 * @param value what the request has under the name
 * @param endpoint the endpoint that is to write there
 * @throws {TypeError} if other code has written there
 */
export function assertFreeProperty(value: unknown, property: string, endpoint: object): void {
  if (value === undefined) return
  const owner = RequestClient.endpointOf(value)
  if (owner === endpoint) return
  throw invalidArgument(
    'options.property',
    owner === undefined
      ? `is '${property}', which this request has already. Choose another name`
      : `is '${property}', and another pingerchips(…) is mounted under that name. Give one of them a property and a path of its own`,
  )
}
