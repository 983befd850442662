import { execFile } from 'node:child_process'
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { checkPackage } from '@arethetypeswrong/core'
import { frameworks } from '@pingerchips/conformance/frameworks'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compile, consumerFile, makeConsumer, minimumOf, modesOf, type PeerVersions } from './packages/consumer.ts'
import { entriesOf, type Packed, packAll, published, root } from './packages/pack.ts'

/** Milliseconds: a compiler takes five seconds, and two minutes where the machine has much else to do. */
const patience = 600_000
let packed: Packed[]
/** Projects of users, by the versions of their frameworks. */
let consumers: Record<PeerVersions, string>
const repository = 'git+https://github.com/pingerchips/middleware.git'

beforeAll(async () => {
  packed = await packAll()
  consumers = {
    newest: makeConsumer(packed, 'newest'),
    'newest-commonjs': makeConsumer(packed, 'newest-commonjs'),
    minimum: makeConsumer(packed, 'minimum'),
  }
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
      file === 'dist/THIRD-PARTY-LICENSES' ||
      // What entries share, and what is loaded with its first use.
      /^dist\/[\w-]+-[\w-]{8}\.c?js$/.test(file)
    expect(files.filter((file) => !named.includes(file) && !pages.includes(file) && !isOwn(file))).toEqual([])
  })

  test('its package.json has the fields that installers, bundlers and registries read', () => {
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
    // No `workspace:` protocol is left, and no dependency is unpublished.
    for (const [name, range] of Object.entries({ ...dependencies, ...peerDependencies })) {
      expect(range).toMatch(/^[\d^]/)
      if (name.startsWith('@pingerchips/')) expect(published).toContain(name.slice('@pingerchips/'.length))
    }
  })

  test('the minimum version of each peer is a devDependency', () => {
    const { peerDependencies = {}, devDependencies = {} } = find().manifest
    for (const [name, range] of Object.entries(peerDependencies)) {
      const [, minimum] = /^\^(\S+)/.exec(range) ?? []
      expect(devDependencies[minimumOf(name)]).toBe(`npm:${name}@${minimum}`)
    }
  })

  test('publint reports no problem', async () => {
    const { tarball } = find()
    const { messages, pkg } = await publint({ pack: { tarball: new Uint8Array(tarball).buffer }, strict: true })
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([])
  })

  test('its types match its code under every module resolution', async () => {
    const result = await checkPackage(find().contents)
    if (!result.types) throw new Error('There are no types.')
    expect(result.problems).toEqual([])
  })

  test('has a consumer, which the tests below compile', () => {
    expect(existsSync(consumerFile(folder))).toBe(true)
  })
})

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

describe('a project in TypeScript 7 compiles, declarations included', () => {
  test.each(modesOf.typescript7 ?? [])(
    'with the newest frameworks, by module $module and moduleResolution $moduleResolution in a package of type $type',
    async (mode) => {
      const folder = consumers[mode.type === 'module' ? 'newest' : 'newest-commonjs']
      expect(await compile(folder, 'typescript7', mode, published)).toEqual([])
    },
    patience,
  )

  // A project for each: Koa's types import Express's newest.
  test.each(frameworks)(
    'with the minimum version of $name',
    async ({ folder }) => {
      const mode = { module: 'nodenext', moduleResolution: 'nodenext', type: 'module' } as const
      expect(await compile(consumers.minimum, 'typescript7', mode, [folder])).toEqual([])
    },
    patience,
  )
})

function runCommonJs(folder: string, script: string): Promise<{ stdout: string }> {
  writeFileSync(join(folder, 'script.cjs'), script)
  return promisify(execFile)(process.execPath, ['--no-experimental-require-module', 'script.cjs'], { cwd: folder })
}
