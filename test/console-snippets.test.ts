import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { fileURLToPath } from 'node:url'
import { defaultApp, type LocalService, startLocal } from '@pingerchips/local'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { clientSnippet, envLines, serverSnippets } from '../packages/local/src/console/page/snippets.ts'
import { breachesOf, passwordHash } from './attacks.ts'
import { serve } from './serve.ts'

const folder = fileURLToPath(new URL('.generated-console/', import.meta.url))

/** What the reader has already, and what makes a listener of it. */
const readers: Readonly<Record<string, { readonly before: string; readonly after: string }>> = {
  Express: {
    before: `import express from 'express'
const app = express()
app.use((req, _res, next) => { req.session = { user }; next() })`,
    after: 'export const listener = app',
  },
  Fastify: {
    before: `import Fastify from 'fastify'
const app = Fastify()
app.decorateRequest('session')
app.addHook('onRequest', async (request) => { request.session = { user } })`,
    after: 'await app.ready()\nexport const listener = app.routing',
  },
  Hono: {
    before: `import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
const app = new Hono()
app.use(async (c, next) => { c.set('user', user); await next() })`,
    after: 'export const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false })',
  },
  Koa: {
    before: `import Koa from 'koa'
const app = new Koa()
app.use((ctx, next) => { ctx.session = { user }; return next() })`,
    after: 'export const listener = app.callback()',
  },
  'Next.js, Bun, Deno, Workers': {
    before: `import { getRequestListener } from '@hono/node-server'\nconst userOf = () => user`,
    after: 'export const listener = getRequestListener(POST, { overrideGlobalObjects: false })',
  },
  'node:http': { before: `const userOf = () => user`, after: 'export const listener = auth' },
}

let service: LocalService

beforeAll(async () => {
  service = await startLocal()
  const { host, port } = service
  for (const line of envLines({ token: undefined, ...defaultApp }, { host, port: String(port) }).split('\n')) {
    const [name = '', value = ''] = line.split('=')
    vi.stubEnv(name, value)
  }
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await service.close()
})

async function run(name: string, ...code: string[]): Promise<Record<string, unknown>> {
  const file = `${folder}${name.replaceAll(/\W/g, '_')}.js`
  writeFileSync(file, code.join('\n'))
  return import(file)
}

test.each(Object.entries(serverSnippets))('the lines for %s mount the endpoint', async (name, snippet) => {
  const { before = '', after = '' } = readers[name] ?? {}
  const user = `const user = { id: '1', name: 'Ada', passwordHash: '${passwordHash}' }`
  const { listener } = await run(name, user, before, snippet, after)
  const app = await serve(listener as RequestListener)
  const join = async (channel_name: string) => {
    const body = new URLSearchParams({ socket_id: '1234.1234', channel_name })
    const response = await fetch(`${app.url}/pingerchips/auth`, { method: 'POST', body })
    return { status: response.status, body: await response.json() }
  }
  try {
    const auth = expect.stringMatching(/^local-key:[0-9a-f]{64}$/)
    expect(await join('private-user-1')).toEqual({ status: 200, body: { auth } })
    expect(await join('private-user-2')).toMatchObject({ status: 403 })
    expect(await join('presence-lobby')).toMatchObject({
      status: 200,
      body: { auth, channel_data: expect.any(String) },
    })
  } finally {
    await app.close()
  }
})

test.each(Object.entries(serverSnippets))('the lines for %s let no attacker in', async (name, snippet) => {
  const { before = '', after = '' } = readers[name] ?? {}
  // The user comes with the request's cookie, as from a session.
  const user = `const user = { id: '1', name: 'Ada', passwordHash: '${passwordHash}' }`
  const asUser = await run(`attacked_${name}`, user, before, snippet, after)
  const asNobody = await run(`anonymous_${name}`, 'const user = null', before, snippet, after)
  const listener: RequestListener = (req, res) =>
    ((req.headers.cookie === 'user=1' ? asUser : asNobody).listener as RequestListener)(req, res)
  const attack = {
    listener: () => listener,
    grants: ['private-user-1', 'presence-lobby'],
    credentials: async () => ({ cookie: 'user=1' }),
  }
  expect(await breachesOf(attack, {}, snippet)).toEqual([])
})

test('the client snippet connects', async () => {
  const { host, port } = service
  const snippet = clientSnippet({ token: undefined, ...defaultApp }, { host, port: String(port) })
  const subscribed = new Promise((resolve) => {
    const end = service.onLog((entry) => {
      if (entry.type !== 'subscribed') return
      end()
      resolve(entry.channel)
    })
  })
  const { client } = await run('client', snippet, 'export { client }')
  expect(await subscribed).toBe('my-channel')
  ;(client as { disconnect(): void }).disconnect()
})
