import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { defaultApp, type LocalService, startLocal } from '@pingerchips/local'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

const examples = ['express-session', 'fastify-session', 'hono-node', 'koa-session']
const main = fileURLToPath(new URL('../examples/demo/dist/main.js', import.meta.url))

test.concurrent('each example does the job with the real pusher-js', async () => {
  const { code, out } = await run('--once')
  for (const name of ['express', 'fastify', 'hono', 'koa'])
    expect(out).toMatch(
      new RegExp(
        `^✓ ${name} +alice joined private-user-alice and presence-lobby, mallory was refused \\(403\\), trigger to receipt [\\d.]+ ms$`,
        'm',
      ),
    )
  expect(code).toBe(0)
}, 30_000)

test.concurrent('npm start says where everything is and stops cleanly on Ctrl-C', async () => {
  const child = spawn(process.execPath, [main], { stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  await vi.waitFor(() => expect(out).toContain('Ctrl-C'), 20_000)
  const urls = [...out.matchAll(/^ +\w+ +(http:\S+)$/gm)].map((match) => match[1] ?? '')
  expect(urls).toHaveLength(4)
  for (const url of urls) expect(await (await fetch(url)).text()).toContain('with Pingerchips</h1>')
  child.kill('SIGINT')
  expect(await once(child, 'exit')).toEqual([0, null])
}, 30_000)

let service: LocalService
beforeAll(async () => {
  service = await startLocal()
})
afterAll(() => service.close())

test.concurrent.each(examples)(
  '%s starts by itself, from its environment',
  async (name) => {
    const port = await freePort()
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL(`../examples/${name}/dist/main.js`, import.meta.url))],
      {
        stdio: 'inherit',
        env: {
          ...process.env,
          PORT: String(port),
          PINGERCHIPS_APP_ID: defaultApp.id,
          PINGERCHIPS_APP_KEY: defaultApp.key,
          PINGERCHIPS_APP_SECRET: defaultApp.secret,
          PINGERCHIPS_ENDPOINT: service.url,
        },
      },
    )
    try {
      const page = await vi.waitFor(async () => (await fetch(`http://127.0.0.1:${port}/`)).text(), 20_000)
      expect(page).toContain('with Pingerchips</h1>')
      const join = {
        method: 'POST',
        body: new URLSearchParams({ socket_id: '1.1', channel_name: 'private-user-alice' }),
      }
      expect((await fetch(`http://127.0.0.1:${port}/pingerchips/auth`, join)).status).toBe(403)
    } finally {
      child.kill()
    }
  },
  30_000,
)

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

function run(...args: string[]): Promise<{ code: number; out: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], (error, out) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out }),
    )
  })
}
