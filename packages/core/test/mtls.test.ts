import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { createSecureContext, type SecureVersion } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import core from '../package.json' with { type: 'json' }
import { type MtlsOptions, PingerchipsError, PingerchipsServer } from '../src/index.ts'
import { isTlsRefusal } from '../src/transport/transport.ts'
import { createTransport } from '../src/transport/undici.ts'
import { makeIdentity, pem } from './certificates.ts'

const ca = makeIdentity('ca', { isCa: true })
const otherCa = makeIdentity('other ca', { isCa: true })
const service = makeIdentity('service', { issuer: ca })
const own = makeIdentity('client', { issuer: ca })
const stranger = makeIdentity('client', { issuer: otherCa })
const expired = makeIdentity('client', { issuer: ca, days: [-3, -1] })

const passphrase = `canary-${randomUUID()}`
const encryptedKey = own.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase })
const folder = mkdtempSync(join(tmpdir(), 'mtls-'))
const file = (name: string, content: string | Uint8Array) => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}
afterAll(() => rmSync(folder, { recursive: true }))

/** A service that demands a certificate from our CA, and how many connections and requests it has had. */
class DemandingService {
  handshakes = 0
  requests = 0
  readonly server: Server

  constructor(maxVersion: SecureVersion) {
    const { cert, key } = service
    const options = { maxVersion, cert, key, ca: ca.cert, requestCert: true, rejectUnauthorized: true }
    this.server = createServer(options, (req, res) => {
      this.requests++
      req.resume().on('end', () => res.end('{}'))
    })
    this.server.on('secureConnection', () => {
      this.handshakes++
    })
  }

  async start(): Promise<void> {
    await once(this.server.listen(0, '127.0.0.1'), 'listening')
  }

  stop(): void {
    this.server.close()
    this.server.closeAllConnections()
  }

  endpoint(host = '127.0.0.1'): string {
    return `https://${host}:${(this.server.address() as AddressInfo).port}`
  }
}

const make = (mtls: unknown, endpoint = 'https://127.0.0.1:9') =>
  new PingerchipsServer('1', 'secret', { appKey: 'k', endpoint, mtls: mtls as MtlsOptions, retries: 1 })

describe.each(['TLSv1.3', 'TLSv1.2'] as const)('a service that demands a certificate, over %s', (version) => {
  const demanding = new DemandingService(version)
  beforeAll(() => demanding.start())
  afterAll(() => demanding.stop())

  const trigger = async (mtls: MtlsOptions, endpoint = demanding.endpoint()) => {
    const client = make(mtls, endpoint)
    try {
      await client.trigger('c', 'e', 'x'.repeat(60_000))
      return undefined
    } catch (error) {
      if (!(error instanceof PingerchipsError)) throw error
      return error
    } finally {
      await client.close()
    }
  }

  const full: MtlsOptions = { cert: own.cert, key: own.key, ca: ca.cert }
  test.each<[string, () => MtlsOptions]>([
    ['PEM as text', () => full],
    ['PEM as buffers', () => ({ cert: Buffer.from(own.cert), key: Buffer.from(own.key), ca: Buffer.from(ca.cert) })],
    ['PEM as bytes', () => ({ ...full, key: new TextEncoder().encode(own.key) })],
    ['paths', () => ({ cert: file('cert', own.cert), key: file('key', own.key), ca: file('ca', ca.cert) })],
    ['a path relative to the working directory', () => ({ ...full, cert: relative('', file('cert', own.cert)) })],
    ['a file that starts with a byte order mark', () => ({ ...full, cert: file('bom', `\ufeff${own.cert}`) })],
    ['an encrypted key', () => ({ ...full, key: encryptedKey, passphrase })],
    ['several roots, with remarks between', () => ({ ...full, ca: `# one\n${otherCa.cert}\n# two\n${ca.cert}` })],
    ['a certificate and its key in one text', () => ({ ...full, cert: own.key + own.cert, key: own.cert + own.key })],
    ['a foreign root, without rejectUnauthorized', () => ({ ...full, ca: otherCa.cert, rejectUnauthorized: false })],
    ['the roots of Node, without rejectUnauthorized', () => ({ ...full, ca: undefined, rejectUnauthorized: false })],
  ])('accepts %s', async (_name, mtls) => {
    expect(await trigger(mtls())).toBeUndefined()
  })

  test('reads renewed files in a new client, and not before', async () => {
    const cert = file('renewed', stranger.cert)
    const key = file('renewed-key', stranger.key)
    const before = make({ ...full, cert, key }, demanding.endpoint())
    writeFileSync(cert, own.cert)
    writeFileSync(key, own.key)
    await expect(before.trigger('c', 'e', 1)).rejects.toMatchObject({ code: 'network' })
    await before.close()
    expect(await trigger({ ...full, cert, key })).toBeUndefined()
  })

  const selfSigned = 'SELF_SIGNED_CERT_IN_CHAIN'
  const noCertificate = version === 'TLSv1.3' ? selfSigned : 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE'
  // Without a certificate of ours both sides refuse, and before TLS 1.3 the service is the first to say so.
  test.each<[string, string, MtlsOptions, host?: string]>([
    ['of a root that is not ours', selfSigned, { ...full, ca: otherCa.cert }],
    ['of a root that Node does not know', selfSigned, { ...full, ca: undefined }],
    ['without mtls', noCertificate, { ...full, enabled: false }],
    ['with another name', 'ERR_TLS_CERT_ALTNAME_INVALID', full, 'localhost'],
  ])('is not trusted: %s. Nothing is sent, and not tried again', async (_name, code, mtls, host) => {
    demanding.requests = 0
    const error = await trigger(mtls, demanding.endpoint(host))
    expect(error).toMatchObject({ code: 'network', outcome: 'not_delivered', attempts: 1, retryable: false })
    expect(error?.message).toContain(`(${code})`)
    expect(demanding.requests).toBe(0)
  })

  // A Node server breaks the connection without a word. In TLS 1.3 the request is written by then.
  test.each([
    ['from another root', stranger],
    ['that has expired', expired],
  ])('takes no request with a certificate %s', async (_name, { cert, key }) => {
    demanding.requests = 0
    const error = await trigger({ ...full, cert, key })
    const outcome = version === 'TLSv1.3' ? 'unknown' : 'not_delivered'
    expect(error).toMatchObject({ code: 'network', outcome, serviceStatus: undefined })
    expect(error?.message).toMatch(/\((?:UND_ERR_SOCKET|ECONNRESET|EPIPE)\)/)
    expect(demanding.requests).toBe(0)
  })

  test('takes no request without a certificate, and its alert is heard', async () => {
    demanding.requests = 0
    const tls = { secureContext: createSecureContext({ ca: ca.cert }), rejectUnauthorized: true }
    const transport = createTransport({ tls })
    const request = { method: 'POST', path: '/', headers: {}, body: 'x', maxResponseBytes: 9, timeout: 5000 }
    await expect(
      transport.request({ ...request, origin: demanding.endpoint(), signal: undefined }),
    ).rejects.toMatchObject({
      kind: 'network',
      sent: false,
      code:
        version === 'TLSv1.3' ? 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' : 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
    })
    await transport.close()
    expect(demanding.requests).toBe(0)
  })

  test('shakes hands once or twice, not for each trigger', async () => {
    const client = make(full, demanding.endpoint())
    demanding.handshakes = 0
    demanding.requests = 0
    for (let n = 0; n < 10; n++) await client.trigger('c', 'e', n)
    expect(demanding.requests).toBe(10)
    // A second connection, where the next trigger comes before undici has the first one free again.
    expect(demanding.handshakes).toBeLessThanOrEqual(2)
    await client.close()
  })
})

describe('the constructor refuses, by name and without the value,', () => {
  const canary = 'canary-3c1a'
  const { cert, key } = own
  const weak = makeIdentity('weak', { keys: generateKeyPairSync('rsa', { modulusLength: 512 }), issuer: ca })
  const broken = pem('CERTIFICATE', Buffer.from(canary))
  const brokenKey = pem('PRIVATE KEY', Buffer.from(canary))
  test.each<[string, unknown, pattern?: RegExp]>([
    ['options.mtls', null],
    ['options.mtls', canary],
    ['options.mtls', true],
    ['options.mtls', { cert, key, certificate: canary }, /^Unknown option 'mtls\.certificate'/],
    ['options.mtls.enabled', { enabled: 'no', cert, key }],
    ['options.mtls.rejectUnauthorized', { cert, key, rejectUnauthorized: 0 }],
    ['options.mtls.rejectUnauthorized', { enabled: false, rejectUnauthorized: 'no' }],
    ['options.mtls.passphrase', { cert, key, passphrase: '' }],
    ['options.mtls.passphrase', { cert, key, passphrase: Buffer.from(canary) }],
    ['options.mtls.cert', {}, /missing/],
    ['options.mtls.cert', { key }, /missing/],
    ['options.mtls.key', { cert }, /missing/],
    ['options.mtls.cert', { cert: '', key }],
    ['options.mtls.key', { cert, key: new Uint8Array() }, /no bytes/],
    ['options.mtls.ca', { cert, key, ca: Buffer.alloc(0) }],
    ['options.mtls.ca', { cert, key, ca: [canary] }],
    ['options.mtls.cert', { enabled: false, cert: '' }],
    ['options.mtls.cert', { cert: join(folder, canary), key }, /\(ENOENT\)/],
    ['options.mtls.key', { cert, key: canary }, /\(ENOENT\)/],
    ['options.mtls.key', { cert, key: `${canary}\0` }, /\(ERR_INVALID_ARG_VALUE\)/],
    ['options.mtls.ca', { cert, key, ca: folder }, /\(EISDIR\)/],
    ['options.mtls.cert', { cert: file('no-pem', canary), key }, /no PEM/],
    ['options.mtls.cert', { cert: file('empty', ''), key }, /no PEM/],
    ['options.mtls.cert', { cert: Buffer.from(canary), key }, /no PEM/],
    ['options.mtls.cert', { cert: broken, key }, /no certificate/],
    ['options.mtls.cert', { cert: key, key }, /no certificate/],
    ['options.mtls.cert', { cert: cert.replaceAll('\n', '\\n'), key }, /no certificate/],
    ['options.mtls.cert', { cert: cert + broken, key }, /cannot be read/],
    ['options.mtls.ca', { cert, key, ca: broken }, /no certificate/],
    ['options.mtls.ca', { cert, key, ca: ca.cert + broken }, /cannot be read/],
    ['options.mtls.key', { cert, key: brokenKey }, /no private key/],
    ['options.mtls.key', { cert, key: cert }, /no private key/],
    ['options.mtls.key', { cert, key: stranger.key }, /is not the key of/],
    ['options.mtls.key', { cert: stranger.cert + cert, key }, /is not the key of the first/],
    ['options.mtls.passphrase', { cert, key: encryptedKey }, /missing/],
    ['options.mtls.key', { cert, key: encryptedKey, passphrase: canary }, /passphrase/],
    ['options.mtls.cert', { cert: weak.cert, key: weak.key }, /\(ERR_SSL_EE_KEY_TOO_SMALL\)/],
  ])('%s', (argument, mtls, pattern = /./) => {
    let error: unknown
    try {
      make(mtls)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toMatchObject({ code: 'invalid_argument', argument, message: expect.stringMatching(pattern) })
    const shown = inspect(error, { depth: 9, showHidden: true })
    for (const confidence of [canary, folder, passphrase, ...bodyLines(own.key), ...bodyLines(String(encryptedKey))])
      expect(shown).not.toContain(confidence)
  })

  test('an endpoint that is not https', () => {
    expect(() => make({ cert, key }, 'http://127.0.0.1:9')).toThrow(
      /^options\.mtls requires an endpoint that is https\.$/,
    )
    expect(() => make({ cert, key, enabled: false }, 'http://127.0.0.1:9')).not.toThrow()
  })
})

test('an expired certificate is for the service to judge: clocks differ', () => {
  expect(() => make({ cert: expired.cert, key: expired.key })).not.toThrow()
})

test('enabled: false reads nothing', () => {
  expect(() => make({ enabled: false, cert: join(folder, 'nothing'), key: own.cert })).not.toThrow()
})

test('a client, its triggers and their errors show nothing of the key and its passphrase', async () => {
  const demanding = new DemandingService('TLSv1.3')
  await demanding.start()
  const client = make({ cert: stranger.cert, key: encryptedStranger(), passphrase, ca: ca.cert }, demanding.endpoint())
  const error = await client.trigger('c', 'e', 1).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(PingerchipsError)
  for (const value of [client, error])
    for (const text of [inspect(value, { depth: 20, showHidden: true, getters: true }), JSON.stringify(value)])
      for (const confidence of [passphrase, ...bodyLines(stranger.key), ...bodyLines(stranger.cert)])
        expect(text).not.toContain(confidence)
  await client.close()
  demanding.stop()
})

function encryptedStranger(): string {
  const options = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase } as const
  return stranger.privateKey.export(options).toString()
}

/** What is in a PEM text that no other one has. */
function bodyLines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('-----'))
}

test.each([
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', true],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', true],
  ['SELF_SIGNED_CERT_IN_CHAIN', true],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', true],
  ['CERT_HAS_EXPIRED', true],
  ['CERT_NOT_YET_VALID', true],
  ['CERT_REVOKED', true],
  ['INVALID_CA', true],
  ['INVALID_PURPOSE', true],
  ['ERR_TLS_CERT_ALTNAME_INVALID', true],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', true],
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', true],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', true],
  ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', true],
  ['ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR', false],
  ['ERR_SSL_SSL_TLSV1_ALERT_NO_RENEGOTIATION', false],
  ['ERR_TLS_HANDSHAKE_TIMEOUT', false],
  ['UND_ERR_CONNECT_TIMEOUT', false],
  ['UND_ERR_SOCKET', false],
  ['ECONNREFUSED', false],
  ['ECONNRESET', false],
  ['ENOTFOUND', false],
  ['', false],
])('%s is a refusal of certificates: %s', (code, isRefusal) => {
  expect(isTlsRefusal(code)).toBe(isRefusal)
})

describe('as it is built', () => {
  const { '#tls': tls, '#transport': transport } = core.imports
  const run = (code: string, ...conditions: string[]) =>
    execFileSync(
      process.execPath,
      [...conditions.map((name) => `--conditions=${name}`), '--input-type=module', '-e', code],
      {
        cwd: fileURLToPath(new URL('..', import.meta.url)),
        encoding: 'utf8',
      },
    )

  test('presents a certificate where requests go through undici, and nowhere else', () => {
    const runtimes = (imports: Record<string, { default: string }>, file: string) =>
      Object.keys(imports).filter((name) => imports[name]?.default.endsWith(`/${file}`))
    expect(Object.keys(tls)).toEqual(Object.keys(transport))
    expect(runtimes(tls, 'tls-node.js')).toEqual(runtimes(transport, 'undici.js'))
  })

  test('another runtime refuses when the client is made, and only with mtls', () => {
    const code = `import { PingerchipsServer } from '@pingerchips/core'
const make = (mtls) => new PingerchipsServer('1', 's', { appKey: 'k', mtls })
make(undefined)
make({ enabled: false })
try { make({ cert: '/cert', key: '/key' }) } catch (error) { console.log(error instanceof TypeError, error.message) }`
    expect(run(code, 'workerd')).toMatch(/^true options\.mtls is not supported on this runtime/)
  })

  test('a client that only signs does not load TLS', () => {
    const code = `import { PingerchipsServer } from '@pingerchips/core'
new PingerchipsServer('1', 's', { appKey: 'k' }).authenticate('1.1', 'private-a')
console.log(process.moduleLoadList.filter((name) => /^NativeModule (tls|_tls_wrap|net)$/.test(name)).length)`
    expect(run(code)).toBe('0\n')
  })
})
