import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'

const main = fileURLToPath(new URL('../demo/dist/main.js', import.meta.url))

test('each example does the job with the real pusher-js', async () => {
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

test('npm start says where everything is and stops cleanly on Ctrl-C', async () => {
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

function run(...args: string[]): Promise<{ code: number; out: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], (error, out) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out }),
    )
  })
}
