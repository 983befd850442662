import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

/**
 * A process that runs out of file descriptors after its start, uses everything for the first time, and then has descriptors
 * again. Node 20 remembers a failed import() for the life of the process.
 */
const program = (load: string) => `
const { createHmac } = await import('node:crypto')
const { closeSync, openSync } = await import('node:fs')
const { createServer } = await import('node:http')
${load}
const server = createServer((req, res) => res.end('{}')).listen(0, '127.0.0.1')
await new Promise((resolve) => server.once('listening', resolve))
const client = new PingerchipsServer('1', 'secret', {
  appKey: 'key',
  protocol: 'pusher',
  endpoint: 'http://127.0.0.1:' + server.address().port,
  encryptionMasterKey: Buffer.alloc(32).toString('base64'),
  retries: 0,
})
const errors = []
const handler = fetchHandler({
  client,
  user: () => 'ada',
  authorize: () => true,
  rateLimit: { limiter: { consume: async () => ({}) }, address: () => '127.0.0.1' },
  webhooks: { handler() {} },
  onError: (error) => void errors.push(error),
})
const body = JSON.stringify({ time_ms: Date.now(), events: [] })
const signed = { 'x-pusher-key': 'key', 'x-pusher-signature': createHmac('sha256', 'secret').update(body).digest('hex') }
const post = (path, headers, body) =>
  handler(new Request('http://127.0.0.1' + path, { method: 'POST', headers, body })).then(({ status }) => status)
const uses = {
  join: () => post('/auth', {}, new URLSearchParams({ socket_id: '1.1', channel_name: 'private-a' })),
  webhook: () => post('/webhooks', { 'content-type': 'application/json', ...signed }, body),
  verify: () => client.webhook({ headers: signed, rawBody: body }).then(({ code = 'ok' }) => code),
  trigger: () => client.trigger('a', 'e', 1),
  encrypted: () => client.trigger('private-encrypted-a', 'e', 1),
  query: () => client.request('GET', '/channels'),
  send: () => sendServer('http://127.0.0.1:' + server.address().port + '/', {}).then(({ ok }) => ok),
}
const useAll = async () => {
  const results = {}
  for (const [name, use] of Object.entries(uses))
    results[name] = await use().then((value) => value ?? 'ok', (error) => {
      errors.push(error)
      return [error.name, error.code, error.outcome].join(' ')
    })
  return results
}
const taken = []
// What a start does by itself, such as loading the cipher, is over.
await new Promise((resolve) => setTimeout(resolve, 300))
try {
  for (;;) taken.push(openSync('/dev/null', 'r'))
} catch {}
const without = await useAll()
for (const descriptor of taken) closeSync(descriptor)
const after = await useAll()
const shown = errors.map((error) => require('node:util').inspect(error).replaceAll(/^ +at .*$/gm, ''))
console.log(JSON.stringify({ without, after, shown }))
process.exit()
`

const modules = `
const { createRequire } = await import('node:module')
const require = createRequire(import.meta.url)
const { PingerchipsServer, sendServer } = await import('@pingerchips/core')
const { fetchHandler } = await import('@pingerchips/core/fetch')
`
const scripts = `
const { PingerchipsServer, sendServer } = require('@pingerchips/core')
const { fetchHandler } = require('@pingerchips/core/fetch')
`

test.each([
  ['ES modules', 'module', program(modules)],
  ['CommonJS', 'commonjs', `(async () => {${program(scripts)}})()`],
])(
  '%s: a first use without file descriptors fails with a PingerchipsError, and the next use succeeds',
  (_, type, code) => {
    const command = ['ulimit -n 100', `exec "$0" "--input-type=$1" --eval "$2"`].join(' && ')
    const { stdout, stderr } = spawnSync('/bin/bash', ['-c', command, process.execPath, type, code], {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      encoding: 'utf8',
      timeout: 30_000,
    })
    expect(stdout, stderr).not.toBe('')
    const { without, after, shown } = JSON.parse(stdout)
    expect(without).toEqual({
      // Nothing of these is loaded later.
      join: 200,
      webhook: 200,
      verify: 'ok',
      trigger: expect.stringMatching(/^PingerchipsError (load_failed|network) not_delivered$/),
      encrypted: expect.stringMatching(/^PingerchipsError (load_failed|network) not_delivered$/),
      query: expect.stringMatching(/^PingerchipsError (load_failed|network) not_delivered$/),
      send: false,
    })
    expect(after).toEqual({
      join: 200,
      webhook: 200,
      verify: 'replayed',
      trigger: 'ok',
      encrypted: 'ok',
      query: {},
      send: true,
    })
    expect(shown.join('\n')).not.toMatch(/node_modules|\/work|file:/)
  },
)
