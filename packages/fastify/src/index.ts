import type { PingerchipsServer } from '@pingerchips/core'
import {
  type AuthEndpointOptions,
  type EndpointResponse,
  fromNodeRequest,
  headerOf,
  type IncomingRequest,
  internalError,
  MountedEndpoint,
  type RequestClient,
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

/** What the adapter adds to the context of each callback. */
export interface PingerchipsContext {
  /** Fastify's reply, for session libraries that write cookies. */
  readonly reply: FastifyReply
}

/** Options of {@link pingerchips}: the endpoint's, and Fastify's `prefix`, `logLevel` and `logSerializers`. */
export type PingerchipsOptions<User = unknown> = AuthEndpointOptions<FastifyRequest, User, PingerchipsContext> &
  RegisterOptions

/** The type of {@link pingerchips}. */
export type PingerchipsPlugin = <User>(app: FastifyInstance, options: PingerchipsOptions<User>) => Promise<void>

async function plugin<User>(app: FastifyInstance, options: PingerchipsOptions<User>): Promise<void> {
  const { prefix, logLevel, logSerializers, ...endpointOptions } = options
  const endpoint = new MountedEndpoint<FastifyRequest, User, PingerchipsContext>(
    endpointOptions,
    (request) => request.ip,
  )
  const { client } = options
  app.decorate(endpoint.property, {
    getter() {
      // Not a function's: without a request, there is no promise either.
      if (typeof client !== 'function') return endpoint.resolveClient(undefined as never) as PingerchipsServer
      throw new TypeError(
        `app.${endpoint.property} has no request for options.client: use request.${endpoint.property} in a handler.`,
      )
    },
  })
  app.decorateRequest(endpoint.property, {
    getter(this: FastifyRequest) {
      return endpoint.requestClient(this, { header: (name) => headerOf(this.raw, name) })
    },
  })

  const send = (reply: FastifyReply, { status, headers, body }: EndpointResponse) =>
    // As a string: a response schema of the app would drop the fields that it does not know.
    reply.code(status).headers(headers).send(body)
  const appErrors = new WeakSet<Error>()

  // An inner scope owns the parsers and the route: the app's own parsers stay as they were.
  app.register(
    async (scope) => {
      const decoded = new WeakMap<FastifyRequest, unknown>()
      scope.removeAllContentTypeParsers()
      // Fastify waits for bodies without a time-out, also for one that the platform has read. The endpoint reads it.
      // The usual types by name too: else Fastify parses the header, 2.5% of a request's CPU.
      const types = ['application/json', 'application/x-www-form-urlencoded', '*']
      scope.addContentTypeParser(types, (request, payload, done) => {
        if (payload !== request.raw) decoded.set(request, payload)
        done(null)
      })
      const incomingOf = (request: FastifyRequest, reply: FastifyReply): IncomingRequest => {
        const { raw } = request
        const body = decoded.get(request)
        return fromNodeRequest(raw, reply.raw, [{ body }, request, raw as object], body !== undefined)
      }
      for (const { path, maxBytes, respond } of endpoint.routes) {
        const handler = async (request: FastifyRequest, reply: FastifyReply) => {
          const response = await respond(request, incomingOf(request, reply), { reply }).catch((error: Error) => {
            appErrors.add(error)
            throw error
          })
          return send(reply, response)
        }
        scope.route({
          method: scope.supportedMethods.filter((method) => method !== 'OPTIONS'),
          url: path,
          bodyLimit: maxBytes,
          exposeHeadRoute: false,
          handler,
          async errorHandler(error, request, reply) {
            if (appErrors.has(error as Error)) {
              // Fastify's own handler would show the client the message. An app that has a handler gets the error.
              if (scope.errorHandler.name !== 'defaultErrorHandler') throw error
              request.log.error(error)
              return send(reply, internalError)
            }
            // Fastify does not parse every Content-Type, such as the list that pusher-js may send.
            if (!String(Object(error).code).startsWith('FST_ERR_CTP_')) throw error
            reply.removeHeader('connection')
            return handler(request, reply)
          },
        })
      }
    },
    // fastify-plugin keeps these from the outer scope: they belong to the inner one.
    {
      ...(prefix !== undefined && { prefix }),
      ...(logLevel !== undefined && { logLevel }),
      ...(logSerializers !== undefined && { logSerializers }),
    },
  )
}

/**
 * Adds `POST /pingerchips/auth`, below a `prefix` too, and `request.pingerchips` and `app.pingerchips`. The app's content
 * type parsers and schemas do not apply to it. Errors of the app go to its error handler. For a second client in one app,
 * give it a `property` and a `path`.
 *
 * @throws {TypeError} (when the app gets ready) naming the option that is missing, malformed or unknown
 *
 * @example
 * ```ts
 * import { pingerchips } from '@pingerchips/fastify'
 * import Fastify from 'fastify'
 *
 * const users = new Map([['token-of-ada', { id: 'ada' }]])
 * const app = Fastify()
 * app.register(pingerchips, {
 *   user: (request) => users.get(request.headers.authorization?.replace('Bearer ', '') ?? ''),
 *   authorize: ({ channel, user }) => channel === `private-user-${user.id}`,
 * })
 * ```
 */
export const pingerchips: PingerchipsPlugin = fastifyPlugin(plugin, { fastify: '5.x', name: '@pingerchips/fastify' })

export default pingerchips
