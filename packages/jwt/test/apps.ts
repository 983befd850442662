import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { serve } from '@hono/node-server'
import { fetchHandler } from '@pingerchips/core/fetch'
import { nodeHandler } from '@pingerchips/core/node'
import { pingerchips as forExpress } from '@pingerchips/express'
import { pingerchips as forFastify } from '@pingerchips/fastify'
import { pingerchips as forHono } from '@pingerchips/hono'
import { pingerchips as forKoa } from '@pingerchips/koa'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import type { JwtClaims, JwtUser } from '../src/index.ts'
import { client } from './endpoint.ts'

/** The options of every app: a user may subscribe to the channel of their own name. */
interface Options {
  readonly client: typeof client
  readonly user: JwtUser<unknown, JwtClaims>
  readonly authorize: (attempt: { readonly channel: string; readonly user: JwtClaims }) => boolean
}

/** Node responds to headers over 16 KiB with 431. These apps accept more, so that the limit is that of jwtUser(). */
const maxHeaderSize = 2 ** 21

/** The four adapters and the two handlers, each over a real socket. */
const frameworks: Readonly<Record<string, (options: Options) => Promise<Server>>> = {
  Express: (options) => listening(express().use(forExpress(options))),
  async Fastify(options) {
    const app = Fastify({ http: { maxHeaderSize } })
    await app.register(forFastify, options)
    await app.listen({ host: '127.0.0.1', port: 0 })
    return app.server
  },
  Hono: (options) => fetching(new Hono().use(forHono(options)).fetch),
  Koa: (options) => listening(new Koa().use(forKoa(options)).callback()),
  nodeHandler: (options) => listening(nodeHandler(options)),
  fetchHandler: (options) => fetching(fetchHandler(options)),
}
export const frameworkNames: readonly string[] = Object.keys(frameworks)

export interface App extends AsyncDisposable {
  /** Requests Ada's channel, with these header lines unchanged. */
  join(headers?: readonly string[], authInfo?: unknown): Promise<Reply>
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export async function startApp(name: string, user: Options['user']): Promise<App> {
  const start = frameworks[name]
  if (start === undefined) throw new Error(`There is no ${name}.`)
  const server = await start({ client, user, authorize: ({ channel, user }) => channel === `private-${user.sub}` })
  const { port } = server.address() as AddressInfo
  return {
    join: (headers = [], authInfo) => exchange(port, headers, authInfo),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

function listening(listener: RequestListener): Promise<Server> {
  const server = createServer({ maxHeaderSize }, listener)
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

function fetching(handler: (request: Request) => Response | Promise<Response>): Promise<Server> {
  return new Promise((resolve) => {
    const options = { fetch: handler, hostname: '127.0.0.1', port: 0, serverOptions: { maxHeaderSize } }
    const server = serve(options, () => resolve(server as Server))
  })
}

/** Sends the exact bytes: HTTP clients join or drop a second `Authorization`. */
async function exchange(port: number, headers: readonly string[], authInfo: unknown): Promise<Reply> {
  const body = JSON.stringify({ socket_id: '1.1', channel_name: 'private-ada', auth_info: authInfo })
  const socket = connect(port, '127.0.0.1')
  const lines = [
    'POST /pingerchips/auth HTTP/1.1',
    'host: 127.0.0.1',
    'connection: close',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    ...headers,
  ]
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`)
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk)
  const [head = '', ...rest] = Buffer.concat(chunks).toString().split('\r\n\r\n')
  const [statusLine = '', ...fields] = head.split('\r\n')
  const pairs = fields.map((field) => {
    const colon = field.indexOf(':')
    return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()] as const
  })
  return { status: Number(statusLine.split(' ')[1]), headers: Object.fromEntries(pairs), body: rest.join('\r\n\r\n') }
}
