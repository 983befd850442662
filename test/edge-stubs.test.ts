import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PingerchipsServer } from '@pingerchips/core'
import { startLocal } from '@pingerchips/local/testing'
import { build, type Plugin } from 'esbuild'
import { expect, test } from 'vitest'
import { run } from './child.ts'

/** As Nitro's edge presets replace Node's modules: each export is a function that throws when it is called. */
const stubs: Plugin = {
  name: 'stubs',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: 'stub' }))
    onLoad({ filter: /^/, namespace: 'stub' }, ({ path }) => ({
      contents: `module.exports = new Proxy({}, { get: (_, name) => () => { throw new Error('${path}.' + String(name) + ' is not implemented') } })`,
    }))
  },
}

const app = `
globalThis.setImmediate = () => { throw new Error('setImmediate is not supported in the Edge Runtime') }
import { PingerchipsServer } from '@pingerchips/core'
import { fetchHandler } from '@pingerchips/core/fetch'
const { env } = process
const handler = fetchHandler({
  client: () => PingerchipsServer.fromEnv(env, { protocol: 'pusher', encryptionMasterKey: '${Buffer.alloc(32, 1).toString('base64')}' }),
  authorize: () => true,
})
const response = await handler(
  new Request('https://app.example/pingerchips/auth', {
    method: 'POST',
    body: new URLSearchParams({ socket_id: '1.1', channel_name: 'private-a' }),
  }),
)
const client = PingerchipsServer.fromEnv(env)
if (await response.text() !== JSON.stringify(client.authenticate('1.1', 'private-a'))) throw new Error('not signed')
if (client.authenticate('1.1', 'private-a').auth !== env.EXPECTED) throw new Error('signed otherwise')
await client.trigger('private-a', 'shipped', { id: 1 })
await PingerchipsServer.fromEnv(env, { protocol: 'pusher' }).trigger('private-a', 'shipped', { id: 2 })
`

test.each([
  ["Nitro's preset cloudflare-module sets", ['workerd', 'edge-light', 'deno', 'worker']],
  ['the Edge Runtime of Next.js sets', ['edge-light', 'worker', 'browser']],
  ['a bundler for browsers sets', ['browser']],
])('where node:crypto is a stub that throws: the conditions that %s sign and trigger', async (_name, conditions) => {
  const folder = mkdtempSync(join(tmpdir(), 'pingerchips-edge-'))
  const service = await startLocal()
  try {
    const outfile = join(folder, 'app.mjs')
    await build({
      stdin: { contents: app, resolveDir: import.meta.dirname },
      bundle: true,
      format: 'esm',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      conditions,
      plugins: [stubs],
      outfile,
      logLevel: 'silent',
    })
    const client = PingerchipsServer.fromEnv(service.env)
    const { auth } = client.authenticate('1.1', 'private-a')
    await run({ command: process.execPath, args: [outfile], cwd: folder, env: { ...service.env, EXPECTED: auth } })
    expect((await service.triggered('private-a', 'shipped')).data).toBeDefined()
  } finally {
    await service.close()
    rmSync(folder, { recursive: true })
  }
})
