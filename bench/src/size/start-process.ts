import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Subject } from './subjects.ts'

const credentials = { appId: '3', key: '278d425bdf160c739803', secret: '7ad3773142a6692b25b8' }
const authorize = ({ channel }: { channel: string }) => channel === 'private-user-alice'

async function ourClient() {
  const { PingerchipsServer } = await import('@pingerchips/core')
  return new PingerchipsServer(credentials.appId, credentials.secret, { appKey: credentials.key })
}

/** What an app does until it has its first signed answer; an adapter's comes over HTTP, with its framework. */
const starts: Readonly<Record<Subject, () => unknown>> = {
  '@pingerchips/core': async () => (await ourClient()).authenticate('1234.1234', 'private-user-alice'),
  async '@pingerchips/express'() {
    const [{ default: express }, { pingerchips }] = [await import('express'), await import('@pingerchips/express')]
    return ask(express().use(pingerchips({ client: await ourClient(), authorize })))
  },
  async '@pingerchips/fastify'() {
    const [{ default: Fastify }, { pingerchips }] = [await import('fastify'), await import('@pingerchips/fastify')]
    const app = Fastify()
    app.register(pingerchips, { client: await ourClient(), authorize })
    await app.ready()
    return ask(app.routing)
  },
  async '@pingerchips/h3'() {
    const [{ H3, toNodeHandler }, { pingerchips }] = [await import('h3'), await import('@pingerchips/h3')]
    return ask(toNodeHandler(new H3().use(pingerchips({ client: await ourClient(), authorize }))))
  },
  async '@pingerchips/hono'() {
    const [{ Hono }, { pingerchips }] = [await import('hono'), await import('@pingerchips/hono')]
    const { getRequestListener } = await import('@hono/node-server')
    return ask(getRequestListener(new Hono().use(pingerchips({ client: await ourClient(), authorize })).fetch))
  },
  async '@pingerchips/koa'() {
    const [{ default: Koa }, { pingerchips }] = [await import('koa'), await import('@pingerchips/koa')]
    return ask(new Koa().use(pingerchips({ client: await ourClient(), authorize })).callback())
  },
  async pusher() {
    const { default: Pusher } = await import('pusher')
    return new Pusher({ ...credentials, host: '127.0.0.1' }).authorizeChannel('1234.1234', 'private-user-alice')
  },
  // Its answers are signed by its service, which this process stands in for.
  async '@liveblocks/node'() {
    const [{ createServer }, { Liveblocks }] = [await import('node:http'), await import('@liveblocks/node')]
    const server = createServer((_req, res) => res.end('{"token":"a.b.c"}')).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const session = new Liveblocks({ secret: 'sk_test', baseUrl } as { secret: string }).prepareSession('ada')
    session.allow('room', session.FULL_ACCESS)
    const { status, body } = await session.authorize()
    if (status !== 200) throw new Error(`Liveblocks answered ${status} ${body}`)
  },
  async ably() {
    const { Rest } = await import('ably')
    return new Rest({ key: 'a.b:c' }).auth.createTokenRequest({ clientId: 'ada' })
  },
}

/** Serves an app, and asks it over HTTP what a browser would. */
async function ask(listener: RequestListener): Promise<void> {
  const { createServer, request } = await import('node:http')
  const server = createServer(listener).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const headers = { 'content-type': 'application/json' }
  const status = await new Promise((resolve, reject) =>
    request({ host: '127.0.0.1', port, method: 'POST', path: '/pingerchips/auth', headers }, ({ statusCode }) =>
      resolve(statusCode),
    )
      .on('error', reject)
      .end('{"socket_id":"1234.1234","channel_name":"private-user-alice"}'),
  )
  if (status !== 200) throw new Error(`The app answered ${status}.`)
}

const [subject] = process.argv.slice(2)
if (subject !== undefined) await starts[subject as Subject]()
const clock = performance.now()
const { user, system } = process.cpuUsage()
process.stdout.write(JSON.stringify({ cpu: (user + system) / 1000, clock }), () => process.exit(0))
