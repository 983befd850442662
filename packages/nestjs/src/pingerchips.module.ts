import { type DynamicModule, Global, Inject, Module, type OnApplicationShutdown, type Provider } from '@nestjs/common'
import { PingerchipsServer } from '@pingerchips/core'
import { type AuthEndpointOptions, invalidArgument, MountedEndpoint } from '@pingerchips/core/adapter'
import { ClientFromEnv } from './client-from-env.ts'
import { createController, endpointToken, type NestEndpoint } from './controllers.ts'
import type {
  NestContext,
  NestRequest,
  PingerchipsAsyncOptions,
  PingerchipsModuleOptions,
  PingerchipsOptionsFactory,
  PingerchipsRouteOptions,
} from './options.ts'

const optionsToken: unique symbol = Symbol('Pingerchips options')

/**
 * The auth endpoint and the client of an app, for every module of it: inject `PingerchipsServer`. The routes are
 * controllers, so that the app's guards, interceptors and exception filters apply to them.
 */
export class PingerchipsModule implements OnApplicationShutdown {
  readonly #fromEnv: ClientFromEnv

  constructor(fromEnv: ClientFromEnv) {
    this.#fromEnv = fromEnv
  }

  /** Nest calls this when the app is closed. */
  onApplicationShutdown(): Promise<void> {
    return this.#fromEnv.close()
  }

  /**
   * Makes the module from options.
   *
   * @example
   * ```ts
   * PingerchipsModule.forRoot({
   *   decorators: [UseGuards(AuthGuard('jwt'))],
   *   user: (request) => request.user,
   *   authorize: ({ channel, user }) => channel === `private-user-${user.id}`,
   * })
   * ```
   * @throws {TypeError} if an option is missing, malformed or unknown
   */
  static forRoot<Request = NestRequest, User = undefined>(
    options: PingerchipsModuleOptions<Request, User> & PingerchipsRouteOptions,
  ): DynamicModule {
    const { decorators, webhookDecorators, imports, path, ...rest } = options
    // Checks the options at once, and knows which routes there are.
    const { routes } = createEndpoint(rest as PingerchipsModuleOptions, { path })
    const webhooks = rest.webhooks === undefined ? undefined : routes.at(-1)?.path
    return dynamicModule(
      { decorators, webhookDecorators, imports, path },
      routes.map(({ path }) => path),
      webhooks,
      {
        provide: optionsToken,
        useValue: rest,
      },
    )
  }

  /**
   * Makes the module from options that a factory or a class makes with injected services. The routes for sign-in and
   * webhooks respond with 404 if the options have no `signin` and no `webhooks`.
   *
   * @example
   * ```ts
   * PingerchipsModule.forRootAsync({
   *   imports: [RoomsModule],
   *   inject: [RoomsService],
   *   useFactory: (rooms: RoomsService) => ({
   *     user: (request) => request.user,
   *     authorize: ({ channel, user }) => rooms.mayJoin(user.id, channel),
   *   }),
   * })
   * ```
   * @throws {TypeError} if not exactly one of `useFactory`, `useClass` and `useExisting` is given. The app does not start
   * if the options that they return are bad
   */
  static forRootAsync<Request = NestRequest, User = unknown>(
    options: PingerchipsAsyncOptions<Request, User>,
  ): DynamicModule {
    const paths = allPaths(options)
    return dynamicModule(options, paths, paths.at(-1), ...optionsProviders(options as PingerchipsAsyncOptions))
  }
}
Inject(ClientFromEnv)(PingerchipsModule, undefined, 0)
Global()(PingerchipsModule)
Module({})(PingerchipsModule)

type RouteOptions = Pick<PingerchipsAsyncOptions, 'path' | 'signinPath' | 'webhooksPath'>

function dynamicModule(
  routes: PingerchipsRouteOptions & RouteOptions,
  paths: readonly string[],
  webhooksPath: string | undefined,
  ...providers: Provider[]
): DynamicModule {
  const { decorators = [], webhookDecorators = [], imports = [] } = routes
  return {
    module: PingerchipsModule,
    imports: [...imports],
    controllers: paths.map((route) => createController(route, route === webhooksPath ? webhookDecorators : decorators)),
    providers: [
      ClientFromEnv,
      ...providers,
      {
        provide: PingerchipsServer,
        inject: [optionsToken, ClientFromEnv],
        useFactory: ({ client }: PingerchipsModuleOptions, fromEnv: ClientFromEnv) =>
          typeof client === 'object' ? client : fromEnv.client,
      },
      {
        provide: endpointToken,
        inject: [optionsToken],
        useFactory: (options: PingerchipsModuleOptions) => createEndpoint(options, routes),
      },
    ],
    exports: [PingerchipsServer],
  }
}

function createEndpoint(
  options: PingerchipsModuleOptions,
  { path, signinPath, webhooksPath }: RouteOptions,
): NestEndpoint {
  const { signin, webhooks } = options
  const endpointOptions: AuthEndpointOptions<NestRequest, unknown, NestContext> = {
    ...options,
    ...(path !== undefined && { path }),
    ...(signin !== undefined && signinPath !== undefined && { signinPath }),
    ...(webhooks !== undefined && webhooksPath !== undefined && { webhooks: { ...webhooks, path: webhooksPath } }),
  }
  const endpoint: unknown = new MountedEndpoint(endpointOptions, (request) => request.ip)
  return endpoint as NestEndpoint
}

/** The paths of auth, sign-in and webhooks, the last. */
function allPaths(routes: RouteOptions): readonly string[] {
  const no = () => null
  const options = { user: no, authorize: no, signin: no, webhooks: { handler: no } }
  return createEndpoint(options, routes).routes.map(({ path }) => path)
}

function optionsProviders({ useFactory, useClass, useExisting, inject = [] }: PingerchipsAsyncOptions): Provider[] {
  const given = Object.entries({ useFactory, useClass, useExisting }).filter(([, value]) => value !== undefined)
  if (given.length !== 1)
    throw invalidArgument(
      'options',
      `must have exactly one of useFactory, useClass, useExisting (received ${given.map(([name]) => name).join(', ') || 'none'}).`,
    )
  if (useFactory !== undefined) return [{ provide: optionsToken, useFactory, inject: [...inject] }]
  const factory = useClass ?? useExisting
  const provider: Provider = {
    provide: optionsToken,
    inject: [factory as NonNullable<typeof factory>],
    useFactory: (made: PingerchipsOptionsFactory) => made.createPingerchipsOptions(),
  }
  return useClass === undefined ? [provider] : [useClass, provider]
}
