import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { defaultApp } from '../src/index.ts'
import { jsonLines, runCommand, startCommand } from './cli.ts'
import { ask, backend, signed, start } from './harness.ts'

/** What the command says when it has started. */
async function banner(args: readonly string[], env?: Record<string, string>): Promise<string> {
  const [text] = await once(startCommand(args, env).stdout, 'data')
  return String(text)
}

describe('pingerchips-local', () => {
  test('prints its address and credentials, and exits with 0 on Ctrl-C', async () => {
    const child = startCommand(['--port', '0'])
    const [text] = await once(child.stdout, 'data')
    const url = /at (http:\S+)/.exec(String(text))?.[1] ?? ''
    expect(String(text).split('\n')).toEqual(
      expect.arrayContaining([
        'PINGERCHIPS_APP_ID=local',
        'PINGERCHIPS_APP_KEY=local-key',
        'PINGERCHIPS_APP_SECRET=local-secret',
        'PINGERCHIPS_API_TOKEN=local-token',
        `PINGERCHIPS_ENDPOINT=${url}`,
        expect.stringContaining(`wsPort: ${new URL(url).port}`),
      ]),
    )
    expect(String(text)).toContain('never production')
    expect((await fetch(url)).status).toBe(200)
    child.kill('SIGINT')
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  test('--app serves several apps, secrets with colons included, and prints no secret', async () => {
    const out = await banner(['--port', '0', '--app', '1:a:x:y', '--app', '2:b:z'])
    expect(out).toContain('PINGERCHIPS_APP_ID=1\nPINGERCHIPS_APP_KEY=a\nPINGERCHIPS_APP_SECRET=(as given)\n')
    expect(out).toContain('PINGERCHIPS_APP_ID=2\nPINGERCHIPS_APP_KEY=b\n')
    expect(out).not.toContain('x:y')
    const port = Number(/wsPort: (\d+)/.exec(out)?.[1])
    const service = { host: '127.0.0.1', port }
    await backend(service, { id: '1', key: 'a', secret: 'x:y' }).trigger('orders', 'created', {})
    await backend(service, { id: '2', key: 'b', secret: 'z' }).trigger('orders', 'created', {})
    await expect(backend(service, { ...defaultApp }).trigger('orders', 'created', {})).rejects.toThrow()
  })

  const variables = { PINGERCHIPS_APP_ID: '1', PINGERCHIPS_APP_KEY: 'a', PINGERCHIPS_APP_SECRET: 'hidden:thing' }

  /** A file of variables, removed when the test ends. */
  function envFile(lines: Readonly<Record<string, string>>): string {
    const folder = mkdtempSync(join(tmpdir(), 'app-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    writeFileSync(
      join(folder, '.env'),
      Object.entries(lines)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    )
    return join(folder, '.env')
  }

  test.each<[string, () => [string[], Record<string, string>]]>([
    ['the environment', () => [[], variables]],
    ['--app-file', () => [['--app-file', envFile({ ...variables, PINGERCHIPS_API_TOKEN: 'hidden-token' })], {}]],
  ])('serves the app of %s; its secret is in no argument and not printed', async (_source, given) => {
    const [args, env] = given()
    const child = startCommand(['--port', '0', ...args], env)
    let error = ''
    child.stderr.on('data', (text) => {
      error += text
    })
    const [text] = await once(child.stdout, 'data')
    const out = String(text)
    expect(out).toContain('PINGERCHIPS_APP_ID=1\nPINGERCHIPS_APP_KEY=a\nPINGERCHIPS_APP_SECRET=(as given)\n')
    expect([out, error, child.spawnargs.join(' ')].join('\n')).not.toContain('hidden')
    const port = Number(/wsPort: (\d+)/.exec(out)?.[1])
    await backend({ host: '127.0.0.1', port }, { id: '1', key: 'a', secret: 'hidden:thing' }).trigger('a', 'b', {})
    expect(error).toBe('')
  })

  test('--app warns on standard error of a secret that is not the public default', async () => {
    const warned = startCommand(['--port', '0', '--app', '1:a:hidden-thing'])
    const [text] = await once(warned.stderr, 'data')
    expect(String(text)).toMatch(/^Warning: .*--app-file.*PINGERCHIPS_APP_SECRET/)
    expect(String(text)).not.toContain('hidden-thing')
    const calm = startCommand(['--port', '0', '--app', 'local:local-key:local-secret'])
    let error = ''
    calm.stderr.on('data', (chunk) => {
      error += chunk
    })
    await once(calm.stdout, 'data')
    expect(error).toBe('')
  })

  test('--host off loopback warns, and prints the address of the console with its token', async () => {
    const child = startCommand(['--port', '0', '--host', '0.0.0.0', '--origin', 'https://my-app.test'])
    const [[out], [error]] = await Promise.all([once(child.stdout, 'data'), once(child.stderr, 'data')])
    expect(String(error)).toMatch(/^Warning: everyone in the network of --host/)
    const address = /The console is at (\S+)/.exec(String(out))?.[1] ?? ''
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[0-9a-f-]{36}$/)
    expect((await fetch(address, { headers: { accept: 'text/html' } })).status).toBe(200)
  })

  test('--app-file refuses a file that lacks a variable, and names it', async () => {
    const { code, error } = await runCommand(['--app-file', envFile({ ...variables, PINGERCHIPS_APP_KEY: '' })])
    expect([code, error]).toEqual([1, expect.stringContaining('must set PINGERCHIPS_APP_KEY')])
    expect(error).not.toContain('hidden')
    expect((await runCommand(['--app-file', '/nowhere'])).error).toContain('--app-file must be the path of a readable')
  })

  test('--json prints a line for every log entry', async () => {
    const child = startCommand(['--port', '0', '--json'])
    const lines = jsonLines(child)
    const next = async () => (await lines.next()).value
    const listening = await next()
    expect(listening).toEqual({
      type: 'listening',
      at: expect.any(Number),
      url: `http://127.0.0.1:${listening.port}`,
      host: '127.0.0.1',
      port: expect.any(Number),
      apps: [{ id: 'local', key: 'local-key' }],
    })
    const socket = new WebSocket(`ws://127.0.0.1:${listening.port}/app/local-key?protocol=7`)
    onTestFinished(() => socket.terminate())
    expect(await next()).toMatchObject({ type: 'connected', app: 'local', socketId: expect.any(String) })
    await ask(listening, signed('{"channel":"orders","event":"created","data":{"id":7}}'))
    expect(await next()).toMatchObject({ type: 'event', channels: ['orders'], event: 'created', data: '{"id":7}' })
    expect(await next()).toMatchObject({ type: 'request', status: 200 })
    child.stdout.destroy()
    await ask(listening, signed('{"channel":"orders","event":"created","data":{"id":8}}')).catch(() => {})
    expect(await once(child, 'exit'), 'the reader has closed the pipe').toEqual([0, null])
  })

  test.skipIf(process.platform !== 'linux')(
    '--open opens the console in the browser (a fake xdg-open, on Linux only)',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'open-'))
      onTestFinished(() => rmSync(folder, { recursive: true }))
      writeFileSync(join(folder, 'xdg-open'), `#!/bin/sh\necho "$1" > ${folder}/opened\n`)
      chmodSync(join(folder, 'xdg-open'), 0o755)
      const out = await banner(['--port', '0', '--open'], { PATH: `${folder}${delimiter}${process.env.PATH}` })
      const url = /at (http:\S+)/.exec(out)?.[1]
      await vi.waitFor(() => expect(readFileSync(join(folder, 'opened'), 'utf8')).toBe(`${url}\n`), 5000)
    },
  )

  test('--open without a browser prints the address, and the service runs', async () => {
    const child = startCommand(['--port', '0', '--open'], { PATH: '/nowhere' })
    const [[out], [error]] = await Promise.all([once(child.stdout, 'data'), once(child.stderr, 'data')])
    const url = /at (http:\S+)/.exec(String(out))?.[1] ?? ''
    expect(String(error)).toContain(`Open ${url} yourself`)
    expect((await fetch(url)).status).toBe(200)
  })

  test('--help prints the options', async () => {
    const { code, out, error } = await runCommand(['--help'])
    expect([code, error]).toEqual([0, ''])
    for (const message of ['Default: 6001', '--app ID:KEY:SECRET', '--json', '--open', 'doctor'])
      expect(out).toContain(message)
  })

  test('a port in use prints what to do', async () => {
    const { port } = await start()
    const { code, out, error } = await runCommand(['--port', String(port)])
    expect([code, out]).toEqual([1, ''])
    expect(error).toContain('--port 0')
  })

  test.each([
    [['--port', ''], '--port must be'],
    [['--port', '65536'], '--port must be'],
    [['--port', '1e3'], '--port must be'],
    [['--port'], '--port'],
    [['--host', 'my-machine'], 'host must be an IP address'],
    [['--origin', 'my-app.test'], 'origins[0] must be scheme://host'],
    [['--tls-cert', 'a.pem'], '--tls-cert and --tls-key need each other'],
    [['--tls-cert', '/nowhere', '--tls-key', '/nowhere'], 'must be paths of readable files'],
    [['--option', 'memberLimit'], '--option must be NAME=VALUE'],
    [['--option', 'memberLimit=0'], 'memberLimit must be an integer of at least 1 (received 0)'],
    [['--option', 'limit=1'], 'limit is not an option'],
    [['--option', 'apps=[]'], 'cannot be apps'],
    [['--webhooks', '/webhooks'], 'webhooks must have an absolute http or https URL'],
    [['--webhooks', 'http://a/', '--webhook-events', 'x'], 'must have events of'],
    [['--webhook-events', 'channel_occupied'], '--webhook-events needs --webhooks'],
    [['serve'], 'no option before it'],
    [['--app', 'local:hidden-thing'], '--app must be ID:KEY:SECRET'],
    [['--app', 'a b:key:hidden-thing'], '--app must be ID:KEY:SECRET'],
    [['--app', 'a:b:hidden-thing', '--app', 'a:c:d'], 'must have unique ids'],
  ])('refuses %j', async (args, message) => {
    const { code, out, error } = await runCommand(args)
    expect([code, out]).toEqual([1, ''])
    expect(error).toContain(message)
    expect(error).toContain('--help')
    expect(error).not.toContain('hidden-thing')
  })
})
