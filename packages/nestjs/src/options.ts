import type { IncomingHttpHeaders } from 'node:http'
import type { FactoryProvider, ModuleMetadata, Type } from '@nestjs/common'
import type { AuthEndpointOptions, Awaitable } from '@pingerchips/core/adapter'

/** What the requests of Express and Fastify have in common. For more, annotate the parameter: `(request: Request) => …`. */
export interface NestRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly ip?: string | undefined
  readonly body?: unknown
  readonly query: unknown
  readonly params: unknown
  // biome-ignore lint/suspicious/noExplicitAny: a guard sets the app's own user here, as Passport does.
  readonly user?: any
  // biome-ignore lint/suspicious/noExplicitAny: session middleware declares its type only for one framework.
  readonly session?: any
  // biome-ignore lint/suspicious/noExplicitAny: as above, of cookie parsers.
  readonly cookies?: any
}

/** What the context of each callback has beside the endpoint's own. */
export interface NestContext {
  /** The platform's response, Express's or Fastify's, for session libraries that need it. */
  // biome-ignore lint/suspicious/noExplicitAny: its type depends on the platform.
  readonly response: any
}

/** Options of the auth endpoint in NestJS. */
export interface PingerchipsModuleOptions<Request = NestRequest, User = unknown>
  extends Omit<AuthEndpointOptions<Request, User, NestContext>, 'client' | 'property' | 'path'> {
  /**
   * The client to inject and to sign with, which you close. A function is called for every request of the endpoint, and
   * may be async: for tenants. Default, also to inject beside a function: `PingerchipsServer.fromEnv()`, made on its first
   * use and closed with the app.
   */
  readonly client?: AuthEndpointOptions<Request, User, NestContext>['client']
}

/** Where the routes are, and the decorators of their controllers. */
export interface PingerchipsRouteOptions {
  /** The path of the auth endpoint, below the app's global prefix. Default: `/pingerchips/auth`. */
  readonly path?: string | undefined
  /** Decorators of the auth and sign-in routes, such as `UseGuards(AuthGuard('jwt'))`. Default: none. */
  readonly decorators?: readonly ClassDecorator[] | undefined
  /**
   * Decorators of the webhook route. Webhooks are authenticated by their signature: if your app has a global guard,
   * exclude them here, such as by `Public()`. Default: none.
   */
  readonly webhookDecorators?: readonly ClassDecorator[] | undefined
  /** Modules whose providers the guards, or the factory, need. Default: none. */
  readonly imports?: ModuleMetadata['imports'] | undefined
}

/** A class that makes the options, for `useClass` and `useExisting`. */
export interface PingerchipsOptionsFactory<Request = NestRequest, User = unknown> {
  createPingerchipsOptions(): Awaitable<PingerchipsModuleOptions<Request, User>>
}

/** Options that are made with injected services: exactly one of `useFactory`, `useClass` and `useExisting`. */
export interface PingerchipsAsyncOptions<Request = NestRequest, User = unknown> extends PingerchipsRouteOptions {
  /** The path of sign-ins. Default: beside `path`, with `user-auth` as its last segment. */
  readonly signinPath?: string | undefined
  /** The path of webhooks. Default: beside `path`, with `webhooks` as its last segment. */
  readonly webhooksPath?: string | undefined
  /** Makes the options from the injected providers. */
  readonly useFactory?:
    | ((
        // biome-ignore lint/suspicious/noExplicitAny: Nest injects providers by token, without a type.
        ...providers: any[]
      ) => Awaitable<PingerchipsModuleOptions<Request, User>>)
    | undefined
  /** The tokens of the providers to inject into `useFactory`. Default: none. */
  readonly inject?: FactoryProvider['inject'] | undefined
  /** A class that Nest instantiates to make the options. */
  readonly useClass?: Type<PingerchipsOptionsFactory<Request, User>> | undefined
  /** A provider of an imported module that makes the options. */
  readonly useExisting?: Type<PingerchipsOptionsFactory<Request, User>> | undefined
}
