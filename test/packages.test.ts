import { execFile } from 'node:child_process'
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { checkPackage } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compile, makeConsumer, minimumOf, type PeerVersions } from './packages/consumer.ts'
import { type Packed, packAll, published, root } from './packages/pack.ts'

/** Milliseconds: a compiler takes five seconds, and two minutes where the machine has much else to do. */
const patience = 600_000
let packed: Packed[]
/** Projects of users, by the frameworks that they have installed. */
let consumers: Record<PeerVersions, string>
const repository = 'git+https://github.com/pingerchips/middleware.git'

beforeAll(async () => {
  packed = await packAll()
  consumers = { newest: makeConsumer(packed, 'newest'), oldest: makeConsumer(packed, 'oldest') }
}, patience)
afterAll(() => {
  for (const folder of Object.values(consumers)) rmSync(folder, { recursive: true, force: true })
})

describe.each(published)('@pingerchips/%s', (folder) => {
  const find = () => packed.find((one) => one.folder === folder) as Packed

  test('its tarball has the two builds, the declarations of its sources, its pages and nothing else', () => {
    const sources = readdirSync(join(root, 'packages', folder, 'src'), { recursive: true, encoding: 'utf8' })
    const { files, manifest } = find()
    const named = [...JSON.stringify(manifest).matchAll(/"\.\/(dist\/[^"]+)"/g)].map((file) => file[1])
    const pages = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json']
    expect(files).toEqual(expect.arrayContaining([...named, ...pages]))
    const isOwn = (file: string) =>
      sources.some((source) => file.startsWith(`dist/${source.replaceAll('\\', '/').replace(/\.ts$/, '')}.`)) ||
      sources.some((source) => file === `src/${source.replaceAll('\\', '/')}` && !source.endsWith('.ts')) ||
      // What entries share, and what is loaded with its first use.
      /^dist\/[\w-]+-[\w-]{8}\.c?js$/.test(file)
    expect(files.filter((file) => !named.includes(file) && !pages.includes(file) && !isOwn(file))).toEqual([])
  })

  test('its package.json says what an installer, a bundler and a registry look for', () => {
    expect(find().manifest).toMatchObject({
      license: 'MIT',
      type: 'module',
      sideEffects: false,
      engines: { node: '>=20.19' },
      repository: { type: 'git', url: repository, directory: `packages/${folder}` },
      publishConfig: { access: 'public', provenance: true },
      keywords: expect.arrayContaining(['pingerchips', 'realtime']),
      description: expect.stringMatching(/\.$/),
    })
    const { dependencies = {}, peerDependencies = {} } = find().manifest
    // No protocol of the workspace is left over, and nobody asks for what is not published.
    for (const [name, range] of Object.entries({ ...dependencies, ...peerDependencies })) {
      expect(range).toMatch(/^[\d^]/)
      if (name.startsWith('@pingerchips/')) expect(published).toContain(name.slice('@pingerchips/'.length))
    }
  })

  test('the oldest version that it allows of each peer is here, to be tested with', () => {
    const { peerDependencies = {}, devDependencies = {} } = find().manifest
    for (const [name, range] of Object.entries(peerDependencies)) {
      const [, oldest] = /^\^(\S+)/.exec(range) ?? []
      expect(devDependencies[minimumOf(name)]).toBe(`npm:${name}@${oldest}`)
    }
  })

  test('publint has nothing to say', async () => {
    const { tarball } = find()
    const { messages, pkg } = await publint({ pack: { tarball: new Uint8Array(tarball).buffer }, strict: true })
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([])
  })

  test('its types are as its code is, however they are resolved', async () => {
    const result = await checkPackage(find().contents)
    if (!result.types) throw new Error('There are no types.')
    expect(result.problems).toEqual([])
  })

  test('a consumer of it is compiled below', () => {
    expect(existsSync(join(root, 'test/consumer', `${folder}.ts`))).toBe(true)
  })
})

const entriesOf = ({ manifest: { name, exports } }: Packed) =>
  Object.keys(exports).flatMap((entry) => (entry === './package.json' ? [] : [name + entry.slice(1)]))

test(
  'import and require give the same names, where Node cannot require ES modules',
  async () => {
    const entries = packed.flatMap(entriesOf)
    expect(entries.length).toBeGreaterThanOrEqual(published.length + 3)
    const script = `
const assert = require('node:assert/strict')
;(async () => {
  for (const entry of ${JSON.stringify(entries)}) {
    const required = require(entry)
    const imported = await import(entry)
    assert.ok(Object.keys(imported).length > 0, entry)
    assert.deepEqual(Object.keys(required).sort(), Object.keys(imported).filter((name) => name !== 'module.exports').sort(), entry)
    console.log(entry)
  }
})()`
    for (const folder of Object.values(consumers))
      expect((await runCommonJs(folder, script)).stdout.trim().split('\n')).toEqual(entries)
  },
  patience,
)

test(
  'from CommonJS, an event goes to an encrypted channel',
  async () => {
    const script = `
const { PingerchipsServer } = require('@pingerchips/core')
const { defaultApp, startLocal } = require('@pingerchips/local')
;(async () => {
  const service = await startLocal()
  const client = new PingerchipsServer(defaultApp.id, defaultApp.secret, {
    appKey: defaultApp.key,
    endpoint: service.url,
    protocol: 'pusher',
    encryptionMasterKey: Buffer.alloc(32, 1).toString('base64'),
  })
  await client.trigger('private-encrypted-a', 'b', { c: 1 })
  await client.close()
  await service.close()
  console.log('sent')
})()`
    expect((await runCommonJs(consumers.newest, script)).stdout).toBe('sent\n')
  },
  patience,
)

describe('a project in TypeScript, with the declarations of all that it imports checked', () => {
  // Two at a time: each has a core.
  describe.concurrent('on the newest frameworks', () => {
    test.each(['typescript5.4', 'typescript5.9', 'typescript6', 'typescript7'])(
      'by %s',
      async (typescript) => {
        for (const resolution of ['nodenext', 'bundler'] as const) {
          const said = await compile(consumers.newest, typescript, resolution, published)
          // h3's own declarations have names of the DOM's, and Hono's need a newer TypeScript than 5.4: the same is said
          // where nothing of ours is.
          const faulty = typescript === 'typescript5.4' ? ['h3', 'hono'] : ['h3']
          expect(said).toEqual(await compileAlone('newest', typescript, resolution, faulty))
        }
      },
      patience,
    )
  })

  // A project each: Koa's types import Express's newest.
  test.each(['express', 'fastify', 'h3', 'hono', 'koa'])(
    'on the oldest %s',
    async (framework) => {
      const said = await compile(consumers.oldest, 'typescript7', 'nodenext', [framework])
      // The own declarations of Hono 4.6.0 and of h3 have names of the DOM's.
      const isFaulty = framework === 'h3' || framework === 'hono'
      expect(said).toEqual(isFaulty ? await compileAlone('oldest', 'typescript7', 'nodenext', [framework]) : [])
    },
    patience,
  )
})

/** What a compiler says of frameworks alone. */
async function compileAlone(
  peers: PeerVersions,
  typescript: string,
  resolution: 'nodenext' | 'bundler',
  frameworks: readonly string[],
): Promise<string[]> {
  const folder = consumers[peers]
  const name = `${frameworks.join('-')}-alone`
  writeFileSync(join(folder, 'src', `${name}.ts`), frameworks.map((one) => `import '${one}'\n`).join(''))
  const said = await compile(folder, typescript, resolution, [name])
  expect(said.length).toBeGreaterThan(0)
  return said
}

function runCommonJs(folder: string, script: string): Promise<{ stdout: string }> {
  writeFileSync(join(folder, 'script.cjs'), script)
  return promisify(execFile)(process.execPath, ['--no-experimental-require-module', 'script.cjs'], { cwd: folder })
}
