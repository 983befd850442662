import { All, Controller, Inject, NotFoundException, Req, Res, type Type, VERSION_NEUTRAL } from '@nestjs/common'
import { PingerchipsError } from '@pingerchips/core'
import type { EndpointResponse, MountedEndpoint, Route } from '@pingerchips/core/adapter'
import { incomingRequestOf, nodeRequestOf, type PlatformRequest, type PlatformResponse, send } from './exchange.ts'
import type { NestContext } from './options.ts'

/** The endpoint, for the requests of both platforms. */
export type NestEndpoint = MountedEndpoint<PlatformRequest, unknown, NestContext>

/** The token of the {@link MountedEndpoint}. */
export const endpointToken: unique symbol = Symbol('Pingerchips auth endpoint')

/**
 * Makes the controller of one route of the endpoint. A controller and not a middleware, so that the app's guards,
 * interceptors and exception filters apply. Each call makes a class of its own, for the path and the decorators.
 */
export function createController(path: string, decorators: readonly ClassDecorator[]): Type {
  class PingerchipsController {
    readonly #endpoint: NestEndpoint

    constructor(endpoint: NestEndpoint) {
      this.#endpoint = endpoint
    }

    async handle(request: PlatformRequest, response: PlatformResponse): Promise<void> {
      const route = this.#endpoint.findRoute(nodeRequestOf(request).method ?? '', (routed) => routed === path)
      // OPTIONS, and routes for which forRootAsync() got no options.
      if (route === undefined) throw new NotFoundException()
      send(response, await respond(route, request, response))
    }
  }
  // As decorators would: the build has no decorator metadata.
  const { prototype } = PingerchipsController
  Inject(endpointToken)(PingerchipsController, undefined, 0)
  Req()(prototype, 'handle', 0)
  Res()(prototype, 'handle', 1)
  All()(prototype, 'handle', Object.getOwnPropertyDescriptor(prototype, 'handle') as TypedPropertyDescriptor<unknown>)
  Controller({ path, version: VERSION_NEUTRAL })(PingerchipsController)
  for (const decorate of decorators) decorate(PingerchipsController)
  return PingerchipsController
}

async function respond(
  route: Route<PlatformRequest, NestContext>,
  request: PlatformRequest,
  response: PlatformResponse,
): Promise<EndpointResponse> {
  try {
    return await route.respond(request, incomingRequestOf(request, response), { response })
  } catch (error) {
    // Nest's body parsers come before every controller, and leave the fields of the body but not its bytes.
    if ((error as { code?: unknown }).code !== 'body_consumed' || request.body === undefined) throw error
    throw new PingerchipsError(
      'body_consumed',
      'A body parser has read this webhook, and did not keep the bytes that were signed. ' +
        'Create the app with NestFactory.create(AppModule, { rawBody: true }).',
      { cause: error },
    )
  }
}
