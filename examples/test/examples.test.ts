import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

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

function run(...args: string[]): Promise<{ code: number; out: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], (error, out) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out }),
    )
  })
}
