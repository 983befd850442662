import type { PingerchipsServer } from '@pingerchips/core'
import {
  Endpoint,
  type EndpointOptions,
  nodeCarrier,
  type RequestPingerchips,
  readBounded,
  requestPingerchips,
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
    pingerchips: RequestPingerchips
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

export type PingerchipsOptions<User> = EndpointOptions<FastifyRequest, User> & RegisterOptions

/** The type of {@link pingerchips}. */
export type PingerchipsPlugin = <User>(app: FastifyInstance, options: PingerchipsOptions<User>) => Promise<void>

async function plugin<User>(app: FastifyInstance, options: PingerchipsOptions<User>): Promise<void> {
  const { prefix = '', logLevel: _level, logSerializers: _serializers, ...endpointOptions } = options
  const endpoint = new Endpoint<FastifyRequest, User>(endpointOptions)
  const { client } = options
  app.decorate(endpoint.name, {
    getter() {
      if (typeof client !== 'function') return client
      throw new TypeError(`app.${endpoint.name} has no request to make its client from: use request.${endpoint.name}`)
    },
  })
  app.decorateRequest(endpoint.name, {
    getter(this: FastifyRequest) {
      return requestPingerchips(() => endpoint.client(this))
    },
  })

  // An inner scope owns the parsers and the route: the app's own parsers stay as they were.
  app.register(
    async (scope) => {
      scope.removeAllContentTypeParsers()
      // Unread: the endpoint reads no body before it has looked at the method and the headers, and none over its limit.
      scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
      const answer = async (request: FastifyRequest, reply: FastifyReply) => {
        const { status, headers, body } = await endpoint.answer(request, {
          ...nodeCarrier(request.raw, () => undefined),
          body: (limit) => readBounded((request.body as NodeJS.ReadableStream | undefined) ?? request.raw, limit),
        })
        // As a string: a response schema of the app's would drop fields that it does not know.
        return reply.code(status).headers(headers).send(body)
      }
      scope.route({
        method: scope.supportedMethods.filter((method) => method !== 'OPTIONS'),
        url: endpoint.path,
        exposeHeadRoute: false,
        handler: answer,
        // Fastify refuses a malformed media type before any parser; the endpoint has its own answer for that.
        errorHandler(error, request, reply) {
          if ((error as { code?: string }).code !== 'FST_ERR_CTP_INVALID_MEDIA_TYPE') throw error
          return answer(request, reply)
        },
      })
    },
    { prefix },
  )
}

/**
 * Mounts `POST /pingerchips/auth`, below a `prefix` too, and gives handlers `request.pingerchips` and
 * `app.pingerchips`. The app's content type parsers and schemas do not touch it. Failures of the app's own go to its
 * error handler. For a second client in one app, give it a `name` and a `path`.
 *
 * @throws {TypeError} (when the app gets ready) naming the option that is missing, malformed or unknown
 */
export const pingerchips: PingerchipsPlugin = fastifyPlugin(plugin, { fastify: '5.x', name: '@pingerchips/fastify' })
