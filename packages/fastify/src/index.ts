import type { PingerchipsServer } from '@pingerchips/core'
import {
  AuthEndpoint,
  type AuthEndpointOptions,
  type CarriedBody,
  type EndpointResponse,
  headerOf,
  type IncomingRequest,
  internalError,
  limitBodyTime,
  mediaTypes,
  type RawBody,
  type RequestClient,
  type RequestPorts,
  tooLarge,
} from '@pingerchips/core/adapter'
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifyTypeProvider,
  FastifyTypeProviderDefault,
  RawServerBase,
  RawServerDefault,
  RegisterOptions,
} from 'fastify'
import fastifyPlugin from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    /** The app's Pingerchips client. Set by `app.register(pingerchips, options)`. */
    pingerchips: PingerchipsServer
  }
  interface FastifyRequest {
    /** The app's Pingerchips client. Set by `app.register(pingerchips, options)`. */
    pingerchips: RequestClient
  }
  // Fastify's own overloads take a plugin's options as one fixed type: `User` would not flow from `user` to `authorize`.
  interface FastifyRegister<
    T = void,
    // biome-ignore-start lint/correctness/noUnusedVariables: it merges only where all parameters are the same.
    RawServer extends RawServerBase = RawServerDefault,
    TypeProviderDefault extends FastifyTypeProvider = FastifyTypeProviderDefault,
    LoggerDefault extends FastifyBaseLogger = FastifyBaseLogger,
    // biome-ignore-end lint/correctness/noUnusedVariables: as above.
  > {
    <User = undefined>(plugin: PingerchipsPlugin, options: PingerchipsOptions<User>): T
  }
}

/** What {@link pingerchips} takes: the endpoint's options, and Fastify's `prefix`, `logLevel` and `logSerializers`. */
export type PingerchipsOptions<User = unknown> = AuthEndpointOptions<FastifyRequest, User> & RegisterOptions

/** The type of {@link pingerchips}. */
export type PingerchipsPlugin = <User>(app: FastifyInstance, options: PingerchipsOptions<User>) => Promise<void>

const ports: RequestPorts<FastifyRequest> = { header: ({ raw }, name) => headerOf(raw, name) }

async function plugin<User>(app: FastifyInstance, options: PingerchipsOptions<User>): Promise<void> {
  const { prefix, logLevel, logSerializers, ...endpointOptions } = options
  const endpoint = new AuthEndpoint<FastifyRequest, User>(endpointOptions, (request) => request.ip)
  const { client } = options
  app.decorate(endpoint.property, {
    getter() {
      if (typeof client !== 'function') return client
      throw new TypeError(
        `app.${endpoint.property} has no request to make its client from: use request.${endpoint.property}`,
      )
    },
  })
  app.decorateRequest(endpoint.property, {
    getter(this: FastifyRequest) {
      return endpoint.requestClient(this, ports)
    },
  })

  const send = (reply: FastifyReply, { status, headers, body }: EndpointResponse) =>
    // As a string: a response schema of the app's would drop fields that it does not know.
    reply.code(status).headers(headers).send(body)

  const failures = new WeakSet<Error>()
  const failed = (error: Error): never => {
    failures.add(error)
    throw error
  }

  // An inner scope owns the parsers and the route: the app's own parsers stay as they were.
  app.register(
    async (scope) => {
      scope.removeAllContentTypeParsers()
      // Anything else is not read at all: the endpoint refuses it by its header.
      scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
      scope.addContentTypeParser(readTypes, { parseAs: 'buffer' }, (_request, bytes, done) => done(null, bytes))
      for (const { path, maxBytes, answer } of endpoint.routes)
        scope.route({
          method: scope.supportedMethods.filter((method) => method !== 'OPTIONS'),
          url: path,
          bodyLimit: maxBytes,
          exposeHeadRoute: false,
          onRequest(request, _reply, done) {
            limitBodyTime(request.raw)
            done()
          },
          handler(request, reply) {
            const answered = answer(request, new FastifyIncomingRequest(request, request.body as RawBody))
            // Not by instanceof: with zone.js and its like, what is async is no Promise of the global's.
            return 'then' in answered ? answered.then((later) => send(reply, later), failed) : send(reply, answered)
          },
          async errorHandler(error, request, reply) {
            if (failures.has(error as Error)) {
              // Fastify's own handler would show the client the message; an app that has one of its own gets the error.
              if (scope.errorHandler.name !== 'defaultErrorHandler') throw error
              request.log.error(error)
              return send(reply, internalError)
            }
            const body = unreadBody(error, request)
            if (body === 'read') throw error
            // Fastify would close the connection, and the client might lose the answer; the rest of the body is drained.
            reply.removeHeader('connection')
            return send(reply, await answer(request, new FastifyIncomingRequest(request, body)))
          },
        })
    },
    // fastify-plugin keeps these from the outer scope: they are the inner one's.
    {
      ...(prefix !== undefined && { prefix }),
      ...(logLevel !== undefined && { logLevel }),
      ...(logSerializers !== undefined && { logSerializers }),
    },
  )
}

/** An expression, since the first Fastify 5 compares a text in its own case, and with nothing before a semicolon. */
const readTypes = new RegExp(`^(?:${mediaTypes.join('|')})[ \\t]*(?:;|$)`, 'i')

class FastifyIncomingRequest implements IncomingRequest {
  readonly #request: FastifyRequest
  readonly #body: RawBody

  constructor(request: FastifyRequest, body: RawBody) {
    this.#request = request
    this.#body = body
  }

  get method(): string {
    return this.#request.method
  }

  header(name: string): string | undefined {
    return headerOf(this.#request.raw, name)
  }

  body(): CarriedBody {
    return this.#body
  }

  rawBody(): RawBody {
    // Fastify has nothing to parse where there are no bytes.
    return this.#body ?? new Uint8Array()
  }
}

/** What to tell the endpoint of a body that Fastify did not read; `'read'` for an error that is not about the body. */
function unreadBody(error: unknown, { raw }: FastifyRequest): RawBody | 'read' {
  const { code = '' } = Object(error) as { code?: unknown }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return tooLarge
  if (String(code).startsWith('FST_ERR_CTP_') || (code === 'ECONNRESET' && raw.destroyed && !raw.readableEnded))
    return undefined
  return 'read'
}

/**
 * Mounts `POST /pingerchips/auth`, below a `prefix` too, and gives handlers `request.pingerchips` and
 * `app.pingerchips`. The app's content type parsers and schemas do not touch it. Failures of the app's own go to its
 * error handler. For a second client in one app, give it a `name` and a `path`.
 *
 * @throws {TypeError} (when the app gets ready) naming the option that is missing, malformed or unknown
 */
export const pingerchips: PingerchipsPlugin = fastifyPlugin(plugin, { fastify: '5.x', name: '@pingerchips/fastify' })
