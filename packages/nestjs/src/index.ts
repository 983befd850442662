export { type PingerchipsMiddleware, type PingerchipsMiddlewareOptions, pingerchips } from './middleware.ts'
export type {
  NestContext,
  NestRequest,
  PingerchipsAsyncOptions,
  PingerchipsModuleOptions,
  PingerchipsOptionsFactory,
  PingerchipsRouteOptions,
} from './options.ts'
export { PingerchipsModule } from './pingerchips.module.ts'
