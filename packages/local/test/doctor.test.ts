import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { runCommand, serve } from './cli.ts'
import { app, consult, environment } from './doctor.ts'
import { start } from './harness.ts'

describe('the doctor checks the environment:', () => {
  test('a correct one passes every check, each on a line, as a command', async () => {
    const service = await start()
    const sent: unknown[] = []
    service.onLog((entry) => entry.type === 'event' && sent.push(entry.channels, entry.event))
    const { code, out, error } = await runCommand(['doctor'], environment(service))
    expect(out.split('\n')).toEqual([
      '✓ credentials: app id, app key and app secret are set',
      expect.stringMatching(/^✓ endpoint: http:\/\/127\.0\.0\.1:\d+ responds/),
      '✓ clock: agrees with the endpoint',
      '✓ trigger: accepted: one event "check" was sent to the channel pingerchips-doctor',
      '– auth endpoint: needs --auth-url',
      '',
    ])
    expect([code, error, sent]).toEqual([0, '', [['pingerchips-doctor'], 'check']])
  })

  test('one with only a token triggers by token', async () => {
    const env = { ...environment(await start()), PINGERCHIPS_APP_KEY: '', PINGERCHIPS_API_TOKEN: 'local-token' }
    const { code, out } = await consult(['--auth-url', 'http://127.0.0.1:1/'], env)
    expect(code).toBe(0)
    expect(out).toContain('✓ credentials: app id, app secret and API token are set')
    expect(out).toContain('✓ trigger')
    expect(out).toContain('– auth endpoint: needs PINGERCHIPS_APP_KEY')
  })

  test.each([
    ['nothing set', { PINGERCHIPS_APP_ID: '' }, 'PINGERCHIPS_APP_ID is missing'],
    ['no secret', { PINGERCHIPS_APP_SECRET: '' }, 'PINGERCHIPS_APP_SECRET is missing'],
    [
      'neither key nor token',
      { PINGERCHIPS_APP_KEY: '' },
      'PINGERCHIPS_APP_KEY (to sign and trigger) or PINGERCHIPS_API_TOKEN',
    ],
    ['a key with a space in it', { PINGERCHIPS_APP_KEY: 'a b' }, 'PINGERCHIPS_APP_KEY must be a string'],
    ['a secret in quotes', { PINGERCHIPS_APP_SECRET: '"hidden-thing"' }, 'PINGERCHIPS_APP_SECRET begins or ends with'],
    ['an endpoint that is no URL', { PINGERCHIPS_ENDPOINT: 'queue' }, 'PINGERCHIPS_ENDPOINT must be an absolute'],
    ['plain http to elsewhere', { PINGERCHIPS_ENDPOINT: 'http://x.example' }, 'PINGERCHIPS_ENDPOINT must be https'],
  ])('%s', async (_, changes, found) => {
    const { code, out } = await consult([], { ...environment(await start()), ...changes })
    expect(out).toContain(`✗ credentials: ${found}`)
    expect(out).toMatch(/\n {2}→ \w/)
    expect(out).not.toContain('hidden-thing')
    expect(code).toBe(1)
  })

  test('a wrong secret fails, and is not printed', async () => {
    const env = environment(await start(), { PINGERCHIPS_APP_SECRET: 'hidden-thing' })
    const { code, out } = await consult([], env)
    expect(out).toMatch(/✗ trigger: .*Invalid signature.*\n {2}→ Copy PINGERCHIPS_APP_KEY and PINGERCHIPS_APP_SECRET/)
    expect(out).not.toContain('hidden-thing')
    expect(code).toBe(1)
  })

  test.each(
    ['APP_ID', 'APP_KEY', 'APP_SECRET', 'API_TOKEN', 'ENDPOINT', 'PROTOCOL', 'ENCRYPTION_MASTER_KEY', 'URL'].flatMap(
      (name) =>
        [
          'canary-secret',
          ' canary-secret',
          'canary secret',
          'https://user:canary-secret@queue.example/',
          'http://127.0.0.1:1/canary-secret',
        ].map((value): [string, string] => [`PINGERCHIPS_${name}`, value]),
    ),
  )('a secret in the place of %s is not printed: %s', async (name, value) => {
    const auth = await serve(app)
    for (const flags of [[], ['--json']]) {
      const args = [
        '--auth-url',
        `${auth}/pingerchips/auth`,
        '--cookie',
        'session=ada',
        '--channel',
        'private-user-1',
        ...flags,
      ]
      const { out } = await consult(args, { ...environment(await start()), [name]: value })
      expect(out).not.toMatch(/canary/)
    }
  })

  test('secrets that the app’s response repeats are not printed', async () => {
    const auth = await serve((_req, res) => {
      res.writeHead(302, { location: '/log-in/canary-secret/canary-session' }).end()
    })
    const env = environment(await start(), { PINGERCHIPS_APP_SECRET: 'canary-secret' })
    for (const flags of [[], ['--json']]) {
      const { out } = await consult(['--auth-url', `${auth}/auth`, '--cookie', 'sid=canary-session', ...flags], env)
      expect(out).toContain('/log-in/[removed]/[removed]')
      expect(out).not.toMatch(/canary/)
    }
  })

  test('an unknown app fails', async () => {
    const { code, out } = await consult([], environment(await start(), { PINGERCHIPS_APP_KEY: 'other' }))
    expect(out).toMatch(/✗ trigger: .*App not found.*\n {2}→ Check PINGERCHIPS_APP_ID/)
    expect(code).toBe(1)
  })

  test('an endpoint that refuses connections fails', async () => {
    const service = await start()
    await service.close()
    const { code, out } = await consult([], environment(service))
    expect(out).toMatch(/✗ endpoint: http:\S+ refuses connections\n {2}→ No server listens on that port/)
    expect(out).toContain('– clock')
    expect(out).toContain('✗ trigger')
    expect(code).toBe(1)
  })

  test.each([
    [-400, /✗ clock: this machine's is (39\d|400) s ahead of/],
    [400, /✗ clock: this machine's is (39\d|400) s behind/],
    [60, /✓ clock: (59|60) s behind/],
  ])('a clock that is %i s off', async (seconds, line) => {
    const endpoint = await serve((_, res) => {
      res.setHeader('date', new Date(Date.now() + seconds * 1000).toUTCString())
      res.end('{}')
    })
    const { out } = await consult([], environment(await start(), { PINGERCHIPS_ENDPOINT: endpoint }))
    expect(out).toMatch(line)
  })

  test('--env reads a file and --json prints JSON, as a command', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'doctor-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, '.env')
    const lines = Object.entries(environment(await start())).map(([name, value]) => `${name}="${value}"`)
    writeFileSync(file, lines.join('\n'))
    const { code, out, error } = await runCommand(['doctor', '--env', file, '--json'])
    const findings = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(findings.map(({ check, state }) => [check, state])).toEqual([
      ['credentials', 'ok'],
      ['endpoint', 'ok'],
      ['clock', 'ok'],
      ['trigger', 'ok'],
      ['auth endpoint', 'skipped'],
    ])
    expect([code, error]).toEqual([0, ''])
  })
})

test.each([
  [['--auth-url', '/pingerchips/auth'], '--auth-url must be an absolute URL'],
  [['--auth-url', 'http://a:hidden-thing@x/'], '--auth-url must not contain a user name'],
  [['--auth-url', 'http://x/', '--channel', 'orders'], '--channel must be'],
  [['--auth-url', 'http://x/', '--origin', 'shop'], '--origin must be'],
  [['--auth-url', 'http://x/', '--header', 'hidden-thing'], "--header must be 'NAME: VALUE'"],
  [['--auth-url', 'http://x/', '--header', 'A: hidden-thing\n'], "--header must be 'NAME: VALUE'"],
  [['--auth-url', 'http://x/', '--cookie', 'hidden-thing\n'], '--cookie must be'],
  [['--env', '/nowhere'], '--env must be the path'],
  [['--auth-url', 'http://x/', '--header-file', '/nowhere'], '--header-file must be the path'],
  [['--secret', 'hidden-thing'], "'--secret'"],
  [['now'], "'now'"],
])('refuses %j', async (args, message) => {
  const error: unknown = await consult(args, {}).catch((reason) => reason)
  expect(error).toBeInstanceOf(TypeError)
  expect(String(error)).toContain(message)
  expect(String(error)).not.toContain('hidden-thing')
})

test('the doctor refuses a bad option, as a command', async () => {
  const { code, out, error } = await runCommand(['doctor', '--auth-url', 'here'])
  expect([code, out]).toEqual([1, ''])
  expect(error).toContain('--auth-url must be an absolute URL')
  expect(error).toContain('doctor --help')
})

test('--help', async () => {
  const { code, out } = await runCommand(['doctor', '--help'])
  expect(code).toBe(0)
  expect(out).toContain('--auth-url URL')
})
