import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { defaultApp, startLocal } from '@pingerchips/local'
import { expect, test, vi } from 'vitest'
import { startInBackground } from './child.ts'
import { freePort } from './serve.ts'

const cwd = fileURLToPath(new URL('../examples/nestjs-passport-jwt/', import.meta.url))
const run = (command: string, ...args: string[]) =>
  promisify(execFile)(process.execPath, [`${cwd}node_modules/${command}`, ...args], { cwd })

/** With the tsconfig.json and the Jest configuration that `nest new` writes: CommonJS, decorators, ts-jest. */
test('examples/nestjs-passport-jwt: nest build, Jest unit and e2e tests, and the built app', async () => {
  await run('@nestjs/cli/bin/nest.js', 'build')
  expect((await run('jest/bin/jest.js')).stderr).toContain('1 passed')
  expect((await run('jest/bin/jest.js', '--config', './test/jest-e2e.json')).stderr).toContain('3 passed')

  const service = await startLocal()
  const port = await freePort()
  const { id, key, secret } = defaultApp
  const app = startInBackground({
    command: process.execPath,
    // As AWS Lambda and Vercel run it.
    args: ['--no-experimental-require-module', 'dist/main.js'],
    cwd,
    env: {
      PORT: String(port),
      PINGERCHIPS_APP_ID: id,
      PINGERCHIPS_APP_KEY: key,
      PINGERCHIPS_APP_SECRET: secret,
      PINGERCHIPS_ENDPOINT: service.url,
    },
  })
  try {
    const url = `http://127.0.0.1:${port}`
    const post = (path: string, body: object, token?: string) =>
      fetch(url + path, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify(body),
      })
    const login = await vi.waitUntil(() => post('/login', { name: 'alice' }).catch(() => undefined), {
      timeout: 60_000,
      interval: 50,
    })
    const { token } = (await login.json()) as { token: string }
    const join = async (channel: string, bearer?: string) =>
      (await post('/pingerchips/auth', { socket_id: '1.1', channel_name: channel }, bearer)).status
    expect(await join('private-user-alice', token)).toBe(200)
    expect(await join('private-user-bob', token)).toBe(403)
    expect(await join('private-user-alice')).toBe(401)
    expect((await post('/orders/7/ship', {}, token)).status).toBe(201)
  } finally {
    await app.stop()
    await service.close()
  }
}, 300_000)
