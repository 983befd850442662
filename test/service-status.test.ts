import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PingerchipsServer } from '@pingerchips/core'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

/** Statuses of a service that a framework would send on, if the error had a `status`: to a browser they say something else. */
const statuses = [301, 302, 401, 403, 404, 413, 422, 429, 503]
let status = 403
const servers: Server[] = []
let client: PingerchipsServer

const listen = async (listener: RequestListener) => {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

beforeAll(async () => {
  // Hono's default error handler writes to it.
  vi.spyOn(console, 'error').mockImplementation(() => {})
  const endpoint = await listen((_req, res) => {
    res.writeHead(status, { location: '/elsewhere', 'content-type': 'application/json' })
    res.end('{"error":"Invalid signature"}')
  })
  client = new PingerchipsServer('1', 'wrong secret', { appKey: 'key', endpoint, retries: 0 })
})
afterAll(async () => {
  await client.close()
  for (const server of servers) server.close()
  vi.restoreAllMocks()
})

const trigger = () => client.trigger('a', 'e', 1)

const apps: Readonly<Record<string, () => Promise<(path: string) => Promise<{ status: number }>>>> = {
  async Express() {
    const app = express()
    // Its default error handler writes to the console unless this is set.
    app.set('env', 'test')
    app.get('/', async (_req, res) => res.json(await trigger()))
    const url = await listen(app)
    return (path) => fetch(url + path)
  },
  async Fastify() {
    const app = fastify()
    app.get('/', trigger)
    await app.ready()
    return async (path) => ({ status: (await app.inject(path)).statusCode })
  },
  async Koa() {
    const app = new Koa()
    app.silent = true
    app.use(trigger)
    const url = await listen(app.callback())
    return (path) => fetch(url + path)
  },
  async Hono() {
    const app = new Hono()
    app.get('/', async (c) => c.json(await trigger()))
    return async (path) => app.request(path)
  },
}

test.each(Object.keys(apps))('%s: the status of the service is never that of the app', async (name) => {
  const request = await apps[name]?.()
  for (const each of statuses) {
    status = each
    expect([each, (await request?.('/'))?.status]).toEqual([each, 500])
  }
})

test('the error has serviceStatus and serviceMessage, and no status', async () => {
  status = 403
  const error: object = await trigger().then(
    () => ({}),
    (error) => error,
  )
  expect(error).toMatchObject({ code: 'invalid_signature', serviceStatus: 403, serviceMessage: 'Invalid signature' })
  expect(['status' in error, 'statusCode' in error, 'headers' in error, 'expose' in error]).toEqual([
    false,
    false,
    false,
    false,
  ])
})
