import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { type LocalService, startLocal } from '../src/index.ts'
import { start } from './harness.ts'

/** An address of this machine off loopback. Without one, only the container's loopback is reachable. */
const outside = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address
if (outside === undefined)
  console.log('reachable.test.ts: some tests are skipped: this machine has no address off loopback')

const html = { accept: 'text/html' }

/** The status of a WebSocket request to the console: 101 if it is open. */
function consoleStatus(url: string, origin: string, cookie?: string): Promise<number> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/console`, {
    origin,
    ...(cookie !== undefined && { headers: { cookie } }),
  })
  onTestFinished(() => socket.terminate())
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(101))
    socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
    socket.once('error', reject)
  })
}

describe.skipIf(outside === undefined)('a service off loopback', () => {
  async function startOutside(): Promise<{ service: LocalService; url: string; token: string }> {
    const service = await start({ host: '0.0.0.0' })
    const token = new URL(service.consoleUrl).searchParams.get('token') ?? ''
    return { service, url: `http://${outside}:${service.port}`, token }
  }

  test('is reachable by its address, for clients and backends', async () => {
    const { url } = await startOutside()
    expect((await fetch(url)).status).toBe(200)
    const socket = new WebSocket(`${url.replace('http', 'ws')}/app/local-key?protocol=7`)
    onTestFinished(() => socket.terminate())
    await new Promise((resolve) => socket.once('message', resolve))
  })

  test('refuses the console without its token, page and WebSocket', async () => {
    const { url } = await startOutside()
    for (const path of ['/', '/?token=', '/?token=x'])
      expect((await fetch(url + path, { headers: html })).status).toBe(403)
    expect(await consoleStatus(url, url)).toBe(403)
    expect(await consoleStatus(url, url, 'pingerchips_console=x')).toBe(403)
  })

  test('opens the console with the token, which becomes a cookie of this page only', async () => {
    const { url, token } = await startOutside()
    const response = await fetch(`${url}/?token=${token}`, { headers: html })
    expect(response.status).toBe(200)
    const cookie = response.headers.get('set-cookie') ?? ''
    expect(cookie).toBe(`pingerchips_console=${token}; HttpOnly; SameSite=Strict; Path=/`)
    const [pair = ''] = cookie.split(';')
    expect(await consoleStatus(url, url, pair)).toBe(101)
    expect(await consoleStatus(url, 'http://evil.example', pair)).toBe(403)
  })

  test('still refuses host names and pages from elsewhere', async () => {
    const { service } = await startOutside()
    expect((await fetch(service.url, { headers: { origin: 'http://evil.example' } })).status).toBe(403)
  })
})

describe('tls', () => {
  /** A certificate of openssl for 127.0.0.1. */
  function certificate(): { cert: string; key: string } {
    const folder = mkdtempSync(join(tmpdir(), 'tls-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const args = `req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1`
    execFileSync('openssl', [...args.split(' '), '-keyout', key, '-out', cert], { stdio: 'ignore' })
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
  }

  test('serves https and wss with the certificate', async () => {
    const tls = certificate()
    const service = await start({ tls })
    expect(service.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
    const socket = new WebSocket(`${service.url.replace('https', 'wss')}/app/local-key?protocol=7`, { ca: tls.cert })
    onTestFinished(() => socket.terminate())
    const [data] = await new Promise<unknown[]>((resolve) => socket.once('message', (...args) => resolve(args)))
    expect(String(data)).toContain('pusher:connection_established')
    const page = new WebSocket(`${service.url.replace('https', 'wss')}/console`, { ca: tls.cert, origin: service.url })
    onTestFinished(() => page.terminate())
    await new Promise((resolve) => page.once('message', resolve))
  })

  test.each<[unknown]>([[{}], [{ cert: 'x', key: 'canary' }], ['canary'], [null]])('refuses %j', async (tls) => {
    const error: unknown = await startLocal({ tls } as object).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(TypeError)
    expect(String(error)).toMatch(/tls must be \{ cert, key \}/)
    expect(String(error)).not.toContain('canary')
  })
})

test.each(['localhost', 'my-machine', '127.0.0.1:80', '', 1])('the option host refuses %j', async (host) => {
  await expect(startLocal({ host } as object)).rejects.toThrow(/^startLocal: host must be an IP address/)
})
