import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defaultApp, type LocalService, startLocal } from '@pingerchips/local'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { breachesOf, forgeriesOf, publishedSecrets } from './attacks.ts'
import { run } from './child.ts'
import { migrating } from './migrating.ts'
import { oneContract } from './one-contract.ts'
import { masterKey, scenarios as readmeScenarios, type Scenario, sessionSecret } from './scenarios.ts'
import { seeingIt } from './seeing-it.ts'
import { generatedFolder, type Snippet, snippets } from './snippets.ts'
import { whoMayJoin } from './who-may-join.ts'

/** The scenarios of a package's own README, if the package has them. */
const ofPackages: Record<string, Scenario>[] = await Promise.all(
  readdirSync(new URL('../packages/', import.meta.url))
    .map((name) => new URL(`../packages/${name}/test/snippets.ts`, import.meta.url))
    .filter((file) => existsSync(file))
    .map(async (file) => (await import(file.href)).scenarios),
)
const scenarios: Readonly<Record<string, Scenario>> = Object.assign(
  {},
  readmeScenarios,
  whoMayJoin,
  seeingIt,
  migrating,
  oneContract,
  ...ofPackages,
)
const all = snippets()
let service: LocalService

beforeAll(async () => {
  service = await startLocal()
  Object.assign(process.env, {
    PINGERCHIPS_APP_ID: defaultApp.id,
    PINGERCHIPS_APP_KEY: defaultApp.key,
    PINGERCHIPS_APP_SECRET: defaultApp.secret,
    PINGERCHIPS_ENDPOINT: service.url,
    SESSION_SECRET: sessionSecret,
  })
  rmSync(generatedFolder, { recursive: true, force: true })
  mkdirSync(`${generatedFolder}node_modules`, { recursive: true })
  // As `npm install pingerchips-js-server@npm:@pingerchips/core` does.
  symlinkSync(
    fileURLToPath(new URL('../packages/core', import.meta.url)),
    `${generatedFolder}node_modules/pingerchips-js-server`,
  )
  for (const snippet of all) {
    const app = appOf(snippet)
    if (app !== undefined) {
      mkdirSync(dirname(fileOf(snippet)))
      writeFileSync(`${dirname(fileOf(snippet))}/app.ts`, whole(app))
    }
    writeFileSync(fileOf(snippet), whole(snippet))
  }
  writeFileSync(
    `${generatedFolder}tsconfig.json`,
    JSON.stringify({
      extends: '../../tsconfig.base.json',
      // A reader's snippet may leave a name unused, and declares nothing for others.
      compilerOptions: {
        composite: false,
        declaration: false,
        isolatedDeclarations: false,
        noEmit: true,
        noUnusedLocals: false,
        noUnusedParameters: false,
      },
      include: ['**/*.ts'],
    }),
  )
})
afterAll(async () => {
  for (const name of Object.keys(process.env))
    if (name.startsWith('PINGERCHIPS_') || name === 'SESSION_SECRET') delete process.env[name]
  await service.close()
})

test('every snippet has a scenario', () => {
  expect(all.filter(({ what, name }) => what === undefined || scenarios[name] === undefined)).toEqual([])
  expect(all.length).toBeGreaterThan(10)
})

test('every snippet compiles', () => {
  const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url))
  let said = ''
  try {
    execFileSync(process.execPath, [tsc, '-p', generatedFolder], { encoding: 'utf8' })
  } catch (error) {
    said = (error as { stdout: string }).stdout
  }
  expect(said).toBe('')
}, 60_000)

test('every picture of the README exists, light and dark', () => {
  const root = new URL('../', import.meta.url)
  const pictures = readFileSync(new URL('README.md', root), 'utf8').match(/docs\/pictures\/[\w-]+\.png/g) ?? []
  expect(pictures.length).toBeGreaterThan(0)
  for (const picture of pictures)
    for (const theme of ['light', 'dark']) {
      const png = readFileSync(new URL(picture.replace(/light|dark/, theme), root))
      expect([png.toString('latin1', 1, 4), png.readUInt32BE(16)]).toEqual(['PNG', 1280])
    }
})

describe('every snippet runs', () => {
  for (const snippet of all.filter(({ what, name }) => what === 'run' && scenarios[name]?.tests === undefined))
    test(`${snippet.place} ${snippet.name}`, async () => {
      const module: Record<string, unknown> = await import(fileOf(snippet))
      await scenarios[snippet.name]?.run?.(module)
    })
})

const mounting = all.filter(({ code }) =>
  /\b(?:pingerchips|fetchHandler|nodeHandler)\(|register\(pingerchips|Module\.forRoot/.test(code),
)

describe('every snippet that mounts the endpoint lets no attacker in', () => {
  test('each has an attack in its scenario', () => {
    expect(mounting.filter(({ name }) => scenarios[name]?.attack === undefined).map(({ place }) => place)).toEqual([])
  })
  for (const snippet of mounting)
    test(`${snippet.place} ${snippet.name}`, async () => {
      const { attack } = scenarios[snippet.name] ?? {}
      if (attack === undefined) return
      const breaches = [...publishedSecrets(snippet.code)]
      // Frameworks and handlers log the errors that the attacks cause.
      const log = vi.spyOn(console, 'error').mockImplementation(() => {})
      try {
        // As it runs for its users: over TLS, with the cookies of production.
        vi.stubEnv('NODE_ENV', 'production')
        vi.stubEnv('PINGERCHIPS_ENCRYPTION_MASTER_KEY', masterKey)
        breaches.push(...(await breachesOf(attack, await import(`${fileOf(snippet)}?attacked`), snippet.code)))
        // Without a secret in the environment: it does not start, or it makes up one that no document has.
        vi.stubEnv('SESSION_SECRET', undefined)
        const unset = await import(`${fileOf(snippet)}?unset`).catch((error: Error) => error)
        if (unset instanceof Error) expect(unset.message).toContain('SESSION_SECRET')
        else breaches.push(...(await forgeriesOf(attack, unset, snippet.code)))
      } finally {
        vi.unstubAllEnvs()
        log.mockRestore()
      }
      expect(breaches).toEqual([])
    })
})

test('every snippet of tests passes', async () => {
  const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))
  const reader = { NODE_ENV: 'test', VITEST: '' }
  await run({ command: process.execPath, args: [vitest, 'run'], cwd: generatedFolder, env: reader })
}, 120_000)

function fileOf({ place, language, name }: Snippet): string {
  const path = generatedFolder + place.replaceAll(/[^\w]/g, '_')
  return scenarios[name]?.tests === undefined ? `${path}.${language}` : `${path}/app.test.${language}`
}

/** The app that a snippet of tests is about. */
function appOf({ name, place }: Snippet): Snippet | undefined {
  const { tests } = scenarios[name] ?? {}
  if (tests === undefined) return undefined
  const app = all.find((other) => other.name === tests && fileName(other.place) === fileName(place))
  if (app === undefined) throw new Error(`${place}: there is no snippet ${tests} in that file`)
  return app
}

function fileName(place: string): string {
  return place.slice(0, place.lastIndexOf(':'))
}

/** The snippet with what its reader has around it. */
function whole({ name, code, place }: Snippet): string {
  const { before = '', listen, after = '' } = scenarios[name] ?? {}
  if (listen !== undefined && !listen.test(code)) throw new Error(`${place}: nothing in it matches ${listen}`)
  const imports = code.split('\n').filter((line) => line.startsWith('import '))
  const rest = code.split('\n').filter((line) => !line.startsWith('import '))
  return [
    ...imports,
    before,
    listen === undefined ? rest.join('\n') : rest.join('\n').replace(listen, ''),
    after,
    'export {}',
  ].join('\n')
}
