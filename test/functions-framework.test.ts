import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type HttpFunction, http } from '@google-cloud/functions-framework'
import { getTestServer } from '@google-cloud/functions-framework/testing'
import { getRequestListener } from '@hono/node-server'
import { PingerchipsServer, type WebhookEvent } from '@pingerchips/core'
import { nodeHandler } from '@pingerchips/core/node'
import { pingerchips as forExpress } from '@pingerchips/express'
import { pingerchips as forFastify } from '@pingerchips/fastify'
import { pingerchips as forH3 } from '@pingerchips/h3'
import { pingerchips as forHono } from '@pingerchips/hono'
import { pingerchips as forKoa } from '@pingerchips/koa'
import express from 'express'
import Fastify from 'fastify'
import { H3, toNodeHandler } from 'h3'
import { Hono } from 'hono'
import Koa from 'koa'
import { afterEach, describe, expect, test } from 'vitest'

// Google Cloud Functions and Firebase read the body before the function runs: the stream is drained, `rawBody` has the
// bytes and `body` what their parsers made of them.
const client = new PingerchipsServer('3', 'secret', { appKey: 'key' })
const handled: WebhookEvent[] = []
const options = {
  client,
  authorize: () => true,
  webhooks: { handler: (events: readonly WebhookEvent[]) => void handled.push(...events) },
}

type Listener = (req: IncomingMessage, res: ServerResponse) => unknown
const apps: Readonly<Record<string, () => Listener | Promise<Listener>>> = {
  Express: () => express().use(forExpress(options)),
  async Fastify() {
    const app = Fastify()
    app.register(forFastify, { ...options })
    await app.ready()
    return (req, res) => app.server.emit('request', req, res)
  },
  Koa: () => new Koa().use(forKoa(options)).callback(),
  Hono: () => getRequestListener(new Hono().use(forHono(options)).fetch),
  h3: () => toNodeHandler(new H3().use(forH3(options))),
  nodeHandler: () => nodeHandler(options),
}

let server: Server
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

describe.each(Object.entries(apps))('%s in the Functions Framework of Google Cloud', (name, start) => {
  const post = async (path: string, headers: Record<string, string>, body: string) => {
    http(name, (await start()) as unknown as HttpFunction)
    server = getTestServer(name).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/pingerchips/${path}`
    const response = await fetch(url, { method: 'POST', headers, body })
    return [response.status, await response.json()]
  }

  test.each([
    ['application/json', '{"socket_id":"1.1","channel_name":"private-a"}'],
    ['application/x-www-form-urlencoded', 'socket_id=1.1&channel_name=private-a'],
    ['application/x-www-form-urlencoded, application/json', 'socket_id=1.1&channel_name=private-a'],
  ])('a body that the platform has read is signed for: %s', async (type, body) => {
    expect(await post('auth', { 'content-type': type }, body)).toEqual([200, client.authenticate('1.1', 'private-a')])
  })

  test('a webhook is verified by the bytes that the platform has kept', async () => {
    const event = { name: 'channel_occupied', channel: `private-${name}` }
    const body = JSON.stringify({ time_ms: Date.now(), events: [event] }, undefined, 1)
    const signature = createHmac('sha256', 'secret').update(body).digest('hex')
    const headers = { 'content-type': 'application/json', 'x-pusher-key': 'key', 'x-pusher-signature': signature }
    expect(await post('webhooks', headers, body)).toEqual([200, {}])
    expect(handled.at(-1)).toMatchObject(event)
  })
})
