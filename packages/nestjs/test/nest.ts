import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import 'reflect-metadata'
import * as common from '@nestjs/common'
import * as core from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { PingerchipsServer } from '@pingerchips/core'
import * as pingerchips from '../src/index.ts'

/** One version of NestJS, and the package as it resolves that version. */
export interface Nest {
  readonly version: number
  readonly common: typeof common
  readonly core: typeof core
  readonly adapters: { readonly Express: () => common.HttpServer; readonly Fastify: () => common.HttpServer }
  readonly pingerchips: typeof pingerchips
  /** The token to inject. A CommonJS app has that of the CommonJS build. */
  readonly PingerchipsServer: typeof PingerchipsServer
}
export type Platform = keyof Nest['adapters']
export const platforms: readonly Platform[] = ['Express', 'Fastify']

export const nest11: Nest = {
  version: 11,
  common,
  core,
  adapters: { Express: () => new ExpressAdapter(), Fastify: () => new FastifyAdapter() },
  pingerchips,
  PingerchipsServer,
}

/** Loads the built package beside another version of NestJS, as npm would install it. */
export function loadNest(version: 10 | 12): Nest {
  const folder = new URL(`./nest${version}/`, import.meta.url)
  const copy = new URL('node_modules/@pingerchips/nestjs/', folder)
  rmSync(copy, { recursive: true, force: true })
  mkdirSync(copy, { recursive: true })
  for (const name of ['dist', 'package.json'])
    cpSync(fileURLToPath(new URL(`../${name}`, import.meta.url)), fileURLToPath(new URL(name, copy)), {
      recursive: true,
    })
  const require = createRequire(new URL('package.json', folder))
  // With require(), which the test runner does not transform. NestJS 10 is CommonJS, 12 ES modules: an app has one of
  // our builds.
  const load = <T>(name: string): T =>
    require(version === 12 ? require.resolve(name).replace(/(dist.index)\.cjs$/, '$1.js') : name)
  const express = load<typeof import('@nestjs/platform-express')>('@nestjs/platform-express')
  const fastify = load<typeof import('@nestjs/platform-fastify')>('@nestjs/platform-fastify')
  return {
    version,
    common: load('@nestjs/common'),
    core: load('@nestjs/core'),
    adapters: {
      Express: () => new express.ExpressAdapter(),
      // Fastify 4, of NestJS 10, otherwise begins the query at a semicolon.
      Fastify: () => new fastify.FastifyAdapter({ useSemicolonDelimiter: false }),
    },
    pingerchips: load('@pingerchips/nestjs'),
    PingerchipsServer: load<typeof import('@pingerchips/core')>('@pingerchips/core').PingerchipsServer,
  }
}

/** A running app, on 127.0.0.1. */
export interface ServedApp extends AsyncDisposable {
  readonly app: common.INestApplication
  readonly port: number
  readonly url: string
}

export async function serve(
  nest: Nest,
  platform: Platform,
  metadata: common.ModuleMetadata & { readonly configure?: (consumer: common.MiddlewareConsumer) => void },
  prepare: (app: common.INestApplication) => unknown = () => {},
  options: common.NestApplicationOptions = {},
): Promise<ServedApp> {
  const { configure, ...module } = metadata
  class AppModule {
    configure(consumer: common.MiddlewareConsumer) {
      configure?.(consumer)
    }
  }
  nest.common.Module(module)(AppModule)
  const adapter = nest.adapters[platform]() as core.AbstractHttpAdapter
  const app = await nest.core.NestFactory.create(AppModule, adapter, { logger: false, abortOnError: false, ...options })
  await prepare(app)
  await app.listen(0, '127.0.0.1')
  const { port } = app.getHttpServer().address() as { port: number }
  return { app, port, url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => app.close() }
}
