import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { tryExample } from '@examples/demo'
import { createApp as createH3App } from '@examples/h3-session'
import { PingerchipsServer } from '@pingerchips/core'
import { defaultApp, startLocal } from '@pingerchips/local'
import { toNodeHandler } from 'h3'
import { expect, test, vi } from 'vitest'
import { browserOpener } from '../examples/demo/src/open.ts'
import { serve } from './serve.ts'

const main = fileURLToPath(new URL('../examples/demo/dist/main.js', import.meta.url))

test('npm start: each example does the job with the real pusher-js, and all stop cleanly on Ctrl-C', async () => {
  const child = spawn(process.execPath, [main, '--no-open'], { stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  await vi.waitFor(() => expect(out).toContain('Ctrl-C'), 20_000)
  const demo = /^Open the demo: (\S+)$/m.exec(out)?.[1] ?? ''
  expect(await (await fetch(demo)).text()).toContain('<h1>Pingerchips demo</h1>')
  const apps = [...out.matchAll(/^ +(\w+) +(http:\S+)$/gm)].map(([, name = '', url = '']) => ({ name, url }))
  expect(apps.map(({ name }) => name)).toEqual(['express', 'fastify', 'hono', 'koa', 'console'])
  const service = new URL(apps.pop()?.url ?? '')
  for (const app of apps) {
    expect(await (await fetch(app.url)).text()).toContain('with Pingerchips</h1>')
    expect(await tryExample(app, defaultApp.key, Number(service.port))).toMatch(
      /refused \(403\), trigger to receipt [\d.]+ ms$/,
    )
  }
  child.kill('SIGINT')
  expect(await once(child, 'exit')).toEqual([0, null])
}, 30_000)

test('h3, which is not in the demo, does the job with the real pusher-js', async () => {
  const service = await startLocal()
  const { id, key, secret } = defaultApp
  const client = new PingerchipsServer(id, secret, { appKey: key, endpoint: service.url, protocol: 'pusher' })
  const app = await serve(toNodeHandler(createH3App(client)))
  try {
    expect(await (await fetch(app.url)).text()).toContain('h3 with Pingerchips</h1>')
    expect(await tryExample({ name: 'h3', url: app.url }, key, service.port)).toMatch(/mallory was refused \(403\)/)
  } finally {
    await app.close()
    await client.close()
    await service.close()
  }
})

test('an app that does not hold what it should is told apart', async () => {
  const nobody = { name: 'nobody', url: 'http://127.0.0.1:9' }
  await expect(tryExample(nobody, defaultApp.key, 9)).rejects.toThrow()
})

test('npm start opens a browser only where somebody sits at a desktop', () => {
  expect(browserOpener('linux', { DISPLAY: ':0' }, true)).toEqual(['xdg-open'])
  expect(browserOpener('linux', { WAYLAND_DISPLAY: 'wayland-0' }, true)).toEqual(['xdg-open'])
  expect(browserOpener('darwin', {}, true)).toEqual(['open'])
  expect(browserOpener('win32', {}, true)).toEqual(['cmd', '/c', 'start', ''])
  expect(browserOpener('linux', {}, true)).toBeUndefined()
  expect(browserOpener('freebsd', { DISPLAY: ':0' }, true)).toBeUndefined()
  expect(browserOpener('darwin', {}, false)).toBeUndefined()
  expect(browserOpener('darwin', { CI: 'true' }, true)).toBeUndefined()
  expect(browserOpener('darwin', { SSH_CONNECTION: '10.0.0.1 1 10.0.0.2 22' }, true)).toBeUndefined()
})
