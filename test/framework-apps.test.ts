import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { tryExample } from '@examples/demo'
import { defaultApp, type LocalService, startLocal } from '@pingerchips/local'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildOnce } from './build-once.ts'
import { type Running, run, startUntil } from './child.ts'
import { breachesOfExample } from './example-attacks.ts'
import { freePort } from './free-port.ts'

const root = fileURLToPath(new URL('../', import.meta.url))

/** Apps that are built and started as in production, each with its framework's own commands. */
const apps = [
  {
    name: 'sveltekit-app',
    build: ['node_modules/vite/bin/vite.js', 'build'],
    output: 'build',
    start: ['build/index.js'],
    ready: /(Listening on)/,
  },
  {
    name: 'astro-app',
    build: ['node_modules/astro/astro.js', 'build'],
    output: 'dist',
    start: ['dist/server/entry.mjs'],
    ready: /(Server listening)/,
  },
  {
    name: 'react-router-app',
    build: ['node_modules/@react-router/dev/bin.js', 'build'],
    output: 'build',
    start: ['node_modules/@react-router/serve/bin.js', 'build/server/index.js'],
    ready: /(\[react-router-serve\])/,
  },
]

let service: LocalService
beforeAll(async () => {
  service = await startLocal()
})
afterAll(() => service.close())

describe.each(apps)('examples/$name, built for production', ({ name, build, output, start, ready }) => {
  const cwd = join(root, 'examples', name)
  let app: Running
  let url: string

  beforeAll(async () => {
    const inputs = ['packages/core/package.json', 'packages/core/dist', 'pnpm-lock.yaml'].map((path) =>
      join(root, path),
    )
    // Without the app's secrets, as in CI.
    await buildOnce(join(cwd, output, '.built-from'), [cwd, ...inputs], () =>
      run({ command: process.execPath, args: build, cwd, env: { ASTRO_TELEMETRY_DISABLED: '1' } }),
    )
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    app = await startUntil(ready, {
      command: process.execPath,
      args: start,
      cwd,
      env: {
        HOST: '127.0.0.1',
        PORT: String(port),
        ORIGIN: url,
        PINGERCHIPS_APP_ID: defaultApp.id,
        PINGERCHIPS_APP_KEY: defaultApp.key,
        PINGERCHIPS_APP_SECRET: defaultApp.secret,
        PINGERCHIPS_ENDPOINT: service.url,
        SESSION_SECRET: 'a secret of this test, of 32 bytes or more',
      },
    })
  }, 360_000)
  afterAll(() => app?.stop())

  test('authorizes and triggers with the real pusher-js', async () => {
    expect(await tryExample({ name, url }, defaultApp.key, service.port)).toMatch(
      /^alice joined .* mallory was refused \(403\)/,
    )
  })

  test('lets no attacker in', async () => {
    expect(await breachesOfExample(url)).toEqual([])
  })

  test('serves its page', async () => {
    expect(await (await fetch(url)).text()).toContain('with Pingerchips</h1>')
  })
})
