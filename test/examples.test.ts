import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { tryExample } from '@examples/demo'
import { defaultApp } from '@pingerchips/local'
import { expect, test, vi } from 'vitest'

const main = fileURLToPath(new URL('../examples/demo/dist/main.js', import.meta.url))

test('npm start: each example does the job with the real pusher-js, and all stop cleanly on Ctrl-C', async () => {
  const child = spawn(process.execPath, [main], { stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  await vi.waitFor(() => expect(out).toContain('Ctrl-C'), 20_000)
  const service = new URL(/on this machine alone: (\S+)/.exec(out)?.[1] ?? '')
  const apps = [...out.matchAll(/^ +(\w+) +(http:\S+)$/gm)].map(([, name = '', url = '']) => ({ name, url }))
  expect(apps.map(({ name }) => name)).toEqual(['express', 'fastify', 'hono', 'koa'])
  for (const app of apps) {
    expect(await (await fetch(app.url)).text()).toContain('with Pingerchips</h1>')
    expect(await tryExample(app, defaultApp.key, Number(service.port))).toMatch(
      /refused \(403\), trigger to receipt [\d.]+ ms$/,
    )
  }
  child.kill('SIGINT')
  expect(await once(child, 'exit')).toEqual([0, null])
}, 30_000)

test('an app that does not hold what it should is told apart', async () => {
  const nobody = { name: 'nobody', url: 'http://127.0.0.1:9' }
  await expect(tryExample(nobody, defaultApp.key, 9)).rejects.toThrow()
})
