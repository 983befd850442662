import { execFile } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeConsumer } from './packages/consumer.ts'
import { packAll, root } from './packages/pack.ts'

/** Milliseconds: a bundler takes seconds, and minutes on a loaded machine. */
const patience = 300_000
const require = createRequire(join(root, 'test/heavy/package.json'))
let folder: string

/** A server with every package bundled into it: it signs, triggers, and encrypts. */
const app = `
import { createServer } from 'node:http'
import { PingerchipsServer } from '@pingerchips/core'
import { fetchHandler } from '@pingerchips/core/fetch'
import { startLocal } from '@pingerchips/local/testing'
import { jwtUser } from '@pingerchips/jwt'
import { pingerchips } from '@pingerchips/koa'

async function main() {
  const service = await startLocal()
  const options = { protocol: 'pusher', encryptionMasterKey: Buffer.alloc(32, 1).toString('base64') }
  const client = PingerchipsServer.fromEnv({ ...service.env }, options)
  const response = await fetchHandler({ client, authorize: () => true })(
    new Request('http://localhost/pingerchips/auth', {
      method: 'POST',
      body: new URLSearchParams({ socket_id: '1.1', channel_name: 'private-a' }),
    }),
  )
  await client.trigger('private-a', 'b', 1)
  await client.trigger('private-encrypted-a', 'b', 1)
  const { data } = await service.triggered('private-a', 'b')
  await client.close()
  await service.close()
  console.log(response.status, data, typeof jwtUser, typeof pingerchips, typeof createServer)
}
main()
`

beforeAll(async () => {
  folder = makeConsumer(await packAll(), 'newest-commonjs')
  writeFileSync(join(folder, 'app.mjs'), app)
}, patience)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function run(file: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, file)], { cwd: folder })
  return stdout.trim()
}
const works = '200 1 function function function'

test.each(['esm', 'cjs'] as const)(
  'esbuild bundles a server as %s without a warning; it signs and triggers',
  async (format) => {
    const { build } = await import('esbuild')
    const outfile = `esbuild/app.${format === 'esm' ? 'mjs' : 'cjs'}`
    const { warnings } = await build({
      absWorkingDir: folder,
      entryPoints: ['app.mjs'],
      outfile,
      bundle: true,
      platform: 'node',
      format,
      logLevel: 'silent',
      // undici and ws are CommonJS, which esbuild's ES modules cannot require() without this.
      ...(format === 'esm' && {
        banner: { js: `import { createRequire as make } from 'node:module'; const require = make(import.meta.url)` },
      }),
    })
    expect(warnings.map(({ text }) => text)).toEqual([])
    expect(await run(outfile)).toBe(works)
  },
  patience,
)

test.each(['webpack', 'webpack5.75'])(
  '%s bundles a server without a warning; it signs and triggers',
  async (name) => {
    const webpack = require(name)
    const path = join(folder, name)
    mkdirSync(path)
    const problems = await new Promise((resolve, reject) =>
      webpack(
        {
          context: folder,
          entry: './app.mjs',
          target: 'node20',
          mode: 'production',
          optimization: { minimize: false },
          output: { path, filename: 'app.cjs' },
          // They are CommonJS modules of Node's; servers are seldom bundled with them.
          externals: { ws: 'commonjs ws' },
        },
        (
          error: Error | null,
          stats: { toJson(options: object): { warnings: { message: string }[]; errors: { message: string }[] } },
        ) => {
          if (error) return reject(error)
          const { warnings, errors } = stats.toJson({ all: false, warnings: true, errors: true })
          resolve([...warnings, ...errors].map(({ message }) => message))
        },
      ),
    )
    expect(problems).toEqual([])
    expect(await run(`${name}/app.cjs`)).toBe(works)
  },
  patience,
)

test(
  'Rollup, as SvelteKit adapter-node sets it up, bundles a server without a warning of ours; it signs and triggers',
  async () => {
    const { rollup } = require('rollup')
    const plugin = (name: string) => require(name).default ?? require(name)
    const warnings: string[] = []
    const build = await rollup({
      input: join(folder, 'app.mjs'),
      plugins: [
        plugin('@rollup/plugin-node-resolve')({ preferBuiltins: true, exportConditions: ['node'] }),
        plugin('@rollup/plugin-commonjs')({ strictRequires: true }),
        plugin('@rollup/plugin-json')(),
      ],
      onwarn: ({ message, id = '' }: { message: string; id?: string }) => {
        if (id.includes('@pingerchips') || message.includes('@pingerchips')) warnings.push(message)
      },
    })
    await build.write({ file: join(folder, 'rollup/app.mjs'), format: 'esm', inlineDynamicImports: true })
    expect(warnings).toEqual([])
    expect(await run('rollup/app.mjs')).toBe(works)
  },
  patience,
)
