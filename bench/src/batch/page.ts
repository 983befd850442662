import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { getRequestListener } from '@hono/node-server'
import { frameworks as table } from '@pingerchips/conformance/frameworks'
import { PingerchipsServer } from '@pingerchips/core'
import { pingerchips as forExpress } from '@pingerchips/express'
import { pingerchips as forFastify } from '@pingerchips/fastify'
import { pingerchips as forH3 } from '@pingerchips/h3'
import { pingerchips as forHono } from '@pingerchips/hono'
import { pingerchips as forKoa } from '@pingerchips/koa'
import { defaultApp, startLocal } from '@pingerchips/local'
import { build } from 'esbuild'
import express from 'express'
import Fastify from 'fastify'
import { H3, toNodeHandler } from 'h3'
import { Hono } from 'hono'
import Koa from 'koa'
import type { Browser } from 'playwright-core'

export const channelCount = 40
/** Milliseconds of a session look-up. */
const lookUp = 20

/** One load of the page. */
export interface PageLoad {
  /** Auth requests. */
  readonly requests: number
  /** Milliseconds from the connection to the last subscription. */
  readonly subscribed: number
  /** Milliseconds from the navigation to the last subscription. */
  readonly total: number
}

export type Mode = 'single' | 'batch'

const client = new PingerchipsServer(defaultApp.id, defaultApp.secret, { appKey: defaultApp.key })
const options = {
  client,
  user: async () => {
    await wait(lookUp)
    return { id: '1' }
  },
  authorize: () => true,
}

const listeners: Readonly<Record<string, () => RequestListener | Promise<RequestListener>>> = {
  express: () => express().use(forExpress(options)),
  async fastify() {
    const app = Fastify()
    await app.register(forFastify, options)
    await app.ready()
    return (request, response) => app.routing(request, response)
  },
  hono: () => getRequestListener(new Hono().use(forHono(options)).fetch),
  koa: () => new Koa().use(forKoa(options)).callback(),
  h3: () => toNodeHandler(new H3().use(forH3(options))) as RequestListener,
}

/** The frameworks of the bench, by name. */
export const frameworks: Readonly<Record<string, string>> = Object.fromEntries(
  Object.keys(listeners).map((name) => [name, table.find(({ folder }) => folder === name)?.name ?? name]),
)

/** Serves a page that subscribes to 40 private channels, loads it in a new browser context, and measures the subscriptions. */
export async function loadPage(browser: Browser, framework: string, mode: Mode): Promise<PageLoad> {
  const service = await startLocal()
  const respond = await listeners[framework]?.()
  const files = await pageFiles(service.port, mode)
  let requests = 0
  const server = createServer((request, response) => {
    const file = files[request.url ?? '']
    if (file !== undefined) return response.setHeader('content-type', file.type).end(file.text)
    requests++
    return respond?.(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    const [subscribed, total] = (await page.evaluate('globalThis.measured')) as [number, number]
    return { requests, subscribed, total }
  } finally {
    await context.close()
    server.closeAllConnections()
    server.close()
    await service.close()
  }
}

async function pageFiles(port: number, mode: Mode): Promise<Record<string, { type: string; text: string }>> {
  const { outputFiles } = await build({
    stdin: {
      contents:
        "import { batchAuthorization } from '@pingerchips/client'; globalThis.batchAuthorization = batchAuthorization",
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
    },
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
  })
  const pusher = readFileSync(createRequire(import.meta.url).resolve('pusher-js/dist/web/pusher.js'), 'utf8')
  const authorization =
    mode === 'batch' ? '{ customHandler: batchAuthorization({}) }' : "{ endpoint: '/pingerchips/auth' }"
  const script = `
    const pusher = new Pusher('${defaultApp.key}', {
      cluster: 'local', wsHost: '127.0.0.1', wsPort: ${port}, forceTLS: false, enabledTransports: ['ws'],
      channelAuthorization: ${authorization},
    })
    globalThis.measured = new Promise((resolve, reject) => {
      let connected = 0
      let left = ${channelCount}
      pusher.connection.bind('connected', () => { connected = performance.now() })
      for (let index = 0; index < ${channelCount}; index++) {
        const channel = pusher.subscribe('private-' + index)
        channel.bind('pusher:subscription_error', reject)
        channel.bind('pusher:subscription_succeeded', () => {
          if (--left === 0) resolve([performance.now() - connected, performance.now()])
        })
      }
    })`
  const javascript = 'text/javascript'
  return {
    '/': {
      type: 'text/html',
      text: '<link rel="icon" href="data:,"><script src="/pusher.js"></script><script src="/client.js"></script><script src="/page.js"></script>',
    },
    '/pusher.js': { type: javascript, text: pusher },
    '/client.js': { type: javascript, text: outputFiles[0]?.text ?? '' },
    '/page.js': { type: javascript, text: script },
  }
}
