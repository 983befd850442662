import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PingerchipsServer } from '@pingerchips/core'
import { nodeHandler } from '@pingerchips/core/node'
import * as forExpress from '@pingerchips/express'
import * as forFastify from '@pingerchips/fastify'
import * as forH3 from '@pingerchips/h3'
import * as forKoa from '@pingerchips/koa'
import express from 'express'
import fastify from 'fastify'
import { H3, toNodeHandler } from 'h3'
import Koa from 'koa'
import { afterEach, describe, expect, test, vi } from 'vitest'

const client = new PingerchipsServer('3', 'secret', { appKey: 'key' })
/** What such a callback returns beside the status: an object that would pass for a user. */
const error = { error: 'Unauthorized' }
const servers: Server[] = []

/** Sets the status of the framework's response, and returns a value. */
type Refuse = (setStatus: (status: number) => void) => unknown

interface Refusals {
  readonly user: Refuse
  readonly authorize: Refuse
}

const apps: Readonly<Record<string, (refusals: Refusals) => Promise<RequestListener> | RequestListener>> = {
  Express({ user, authorize }) {
    const app = express()
    app.set('env', 'test')
    return app.use(
      forExpress.pingerchips({
        client,
        user: (_req, { response }) => user((status) => response.status(status)),
        authorize: ({ response }) => authorize((status) => response.status(status)) as boolean,
      }),
    )
  },
  async Fastify({ user, authorize }) {
    const app = fastify()
    app.register(forFastify.pingerchips, {
      client,
      user: (_request, { reply }) => user((status) => void reply.code(status)),
      authorize: ({ reply }) => authorize((status) => void reply.code(status)) as boolean,
    })
    await app.ready()
    return app.routing
  },
  Koa({ user, authorize }) {
    const app = new Koa()
    app.silent = true
    app.use(
      forKoa.pingerchips({
        client,
        user(ctx) {
          const result = user((status) => {
            ctx.status = status
          })
          ctx.body = result
          return result
        },
        authorize: ({ request }) =>
          authorize((status) => {
            request.status = status
          }) as boolean,
      }),
    )
    return app.callback()
  },
  h3({ user, authorize }) {
    const app = new H3({ silent: true })
    app.use(
      forH3.pingerchips({
        client,
        user: (event) =>
          user((status) => {
            event.res.status = status
          }),
        authorize: ({ request }) =>
          authorize((status) => {
            request.res.status = status
          }) as boolean,
      }),
    )
    return toNodeHandler(app) as RequestListener
  },
  nodeHandler({ user, authorize }) {
    return nodeHandler({
      client,
      user: (_req, { response }) =>
        user((status) => {
          response.statusCode = status
        }),
      authorize: ({ response }) =>
        authorize((status) => {
          response.statusCode = status
        }) as boolean,
      onError() {},
    })
  },
}

async function respond(listener: RequestListener): Promise<{ readonly status: number; readonly text: string }> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/pingerchips/auth`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/json' },
    body: '{"socket_id":"1.1","channel_name":"private-a"}',
  })
  return { status: response.status, text: await response.text() }
}

afterEach(() => {
  vi.restoreAllMocks()
  for (const server of servers.splice(0)) server.close()
})

describe.each(Object.keys(apps))(
  '%s: a status of an error or a redirect is a refusal, whatever is returned',
  (name) => {
    const start = apps[name] as (typeof apps)[string]
    test.each([302, 401, 403, 500])('user sets %d', async (status) => {
      const user: Refuse = (setStatus) => {
        setStatus(status)
        return error
      }
      const response = await respond(await start({ user, authorize: () => true }))
      expect(response.status).not.toBe(200)
      expect(response.text).not.toContain('key:')
    })
    test('authorize sets 403 and returns true', async () => {
      const authorize: Refuse = (setStatus) => {
        setStatus(403)
        return true
      }
      const response = await respond(await start({ user: () => ({ id: '1' }), authorize }))
      expect(response.status).not.toBe(200)
      expect(response.text).not.toContain('key:')
    })
    test('without an error status it signs', async () => {
      const user: Refuse = (setStatus) => {
        setStatus(201)
        return { id: '1' }
      }
      expect((await respond(await start({ user, authorize: () => true }))).status).toBe(200)
    })
  },
)
