import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { tryExample } from '@examples/demo'
import { frameworks } from '@pingerchips/conformance/frameworks'
import { defaultApp, startLocal } from '@pingerchips/local'
import { expect, test, vi } from 'vitest'
import { browserOpener } from '../examples/demo/src/open.ts'
import { startInBackground } from './child.ts'
import { freePort } from './serve.ts'

const main = fileURLToPath(new URL('../examples/demo/dist/main.js', import.meta.url))

test('npm start: every example works with the real pusher-js, and all stop cleanly on Ctrl-C', async () => {
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

const withExample = frameworks.flatMap(({ name, example }) => (example === undefined ? [] : { name, example }))

test.each(withExample)(
  'examples/$example works with the real pusher-js',
  async ({ name, example }) => {
    const service = await startLocal()
    const { id, key, secret } = defaultApp
    const port = await freePort()
    const app = startInBackground({
      command: process.execPath,
      args: ['dist/main.js'],
      cwd: fileURLToPath(new URL(`../examples/${example}`, import.meta.url)),
      env: {
        // In production their cookies need HTTPS.
        NODE_ENV: 'development',
        PORT: String(port),
        PINGERCHIPS_APP_ID: id,
        PINGERCHIPS_APP_KEY: key,
        PINGERCHIPS_APP_SECRET: secret,
        PINGERCHIPS_ENDPOINT: service.url,
        PINGERCHIPS_PROTOCOL: 'pusher',
      },
    })
    try {
      const url = `http://127.0.0.1:${port}`
      const page = await vi.waitUntil(() => fetch(url).catch(() => undefined), { timeout: 20_000, interval: 50 })
      expect(await page.text()).toContain(`${name} with Pingerchips</h1>`)
      expect(await tryExample({ name, url }, key, service.port)).toMatch(/mallory was refused \(403\)/)
    } finally {
      await app.stop()
      await service.close()
    }
  },
  60_000,
)

test('tryExample rejects if an app does not run', async () => {
  const noApp = { name: 'none', url: 'http://127.0.0.1:9' }
  await expect(tryExample(noApp, defaultApp.key, 9)).rejects.toThrow()
})

test('npm start opens a browser on a desktop only', () => {
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
