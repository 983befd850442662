import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

/**
 * Runs code in a process with few file descriptors. It runs what was built: `npm test` builds first. `take()` opens all of
 * them, `free(n)` closes some, and `attempt` says how a call ended.
 */
async function runWithoutDescriptors(code: string): Promise<unknown> {
  const server = createServer((req, res) => req.resume().on('end', () => res.end('{}'))).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const module = `
    import { closeSync, openSync } from 'node:fs'
    import { PingerchipsServer, sendServer } from '@pingerchips/core'
    const endpoint = 'http://127.0.0.1:${(server.address() as AddressInfo).port}'
    const client = new PingerchipsServer('1', 's', { appKey: 'k', endpoint, retries: 0, deadline: 20000 })
    const open = []
    const take = () => { try { for (;;) open.push(openSync('/dev/null', 'r')) } catch {} }
    const free = (count) => { for (const file of open.splice(0, count)) closeSync(file) }
    const attempt = (call) => call.then(
      (value) => value ?? 'ok',
      ({ name, code, outcome, attempts, message, stack, cause }) => ({ name, code, outcome, attempts, message, stack, cause }),
    )
    const results = []
    ${code}
    await client.close()
    process.stdout.write(JSON.stringify(results))`
  const child = spawn(
    'sh',
    ['-c', 'ulimit -n 64; exec "$0" --input-type=module --eval "$1"', process.execPath, module],
    {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    printed += part
  })
  await once(child, 'close')
  server.closeAllConnections()
  server.close()
  return JSON.parse(printed)
}

const failed = {
  name: 'PingerchipsError',
  code: 'load_failed',
  outcome: 'not_delivered',
  attempts: 0,
  message: expect.stringMatching(/^Trigger failed: the HTTP client could not be loaded \(\w+\)\. Nothing was sent\./),
}

test('a trigger after a failed load of the HTTP client loads it again', async () => {
  const [first, second] = (await runWithoutDescriptors(`
    take()
    results.push(await attempt(client.trigger('c', 'e', 1)))
    free(open.length)
    results.push(await attempt(client.trigger('c', 'e', 1)))`)) as [{ stack: string; cause?: unknown }, unknown]
  expect(first).toMatchObject(failed)
  expect(first.cause).toBeUndefined()
  expect(JSON.stringify({ ...first, stack: '' })).not.toMatch(/node_modules|file:|\.c?js/)
  expect(second).toBe('ok')
})

test('a load that fails at any of its files is tried again', async () => {
  const results = (await runWithoutDescriptors(`
    take()
    for (let n = 0; n < 8; n++) {
      results.push(await attempt(client.trigger('c', 'e', 1)))
      free(1)
    }
    free(open.length)
    results.push(await attempt(client.trigger('c', 'e', 1)))`)) as unknown[]
  expect(results[0]).toMatchObject(failed)
  // Loaded by then, the client may lack a descriptor for its socket.
  for (const result of results.slice(1, -1))
    if (result !== 'ok') expect(result).toMatchObject({ name: 'PingerchipsError', outcome: 'not_delivered' })
  expect(results.at(-1)).toBe('ok')
})

test('sendServer resolves after a failed load, and the next call loads the HTTP client again', async () => {
  const results = await runWithoutDescriptors(`
    take()
    results.push(await attempt(sendServer(endpoint, {})))
    free(open.length)
    results.push(await attempt(sendServer(endpoint, {})))`)
  expect(results).toEqual([
    { ok: false, error: 'HTTP client could not be loaded' },
    { ok: true, data: {} },
  ])
})
