import { createHmac, createPublicKey } from 'node:crypto'
import { inspect } from 'node:util'
import { exportJWK, exportSPKI, generateKeyPair } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type JwtRejection, jwtUser } from '../src/index.ts'
import { type App, frameworkNames, startApp } from './apps.ts'
import { base64url, claimsWith, issuer, type KeyServer, keys, now, rs256, signed, startKeyServer } from './tokens.ts'

/** A request that must be refused. */
interface Attack {
  readonly name: string
  readonly headers?: readonly string[]
  readonly authInfo?: unknown
  /** The code and claim that `onReject` receives. */
  readonly code: string
  readonly claim?: string
}

const refused = '{"error":"Unauthorized"}'
const mallory = await generateKeyPair('RS256', { extractable: true })
const malloryOnEc = await generateKeyPair('ES256')
const malloryJwk = await exportJWK(mallory.publicKey)
let attacker: KeyServer
let keyServer: KeyServer
const rejections: JwtRejection[] = []
const apps = new Map<string, App>()

beforeAll(async () => {
  attacker = await startKeyServer(() => ({ keys: [{ ...malloryJwk, kid: 'one' }] }))
  keyServer = await startKeyServer()
  const onReject = (rejection: JwtRejection) => rejections.push(rejection)
  const sources = {
    publicKey: jwtUser({ ...rs256, publicKey: keys.pem, onReject }),
    jwksUrl: jwtUser({ ...rs256, jwksUrl: keyServer.url, onReject }),
  }
  for (const name of frameworkNames)
    for (const [source, user] of Object.entries(sources)) apps.set(`${name}, ${source}`, await startApp(name, user))
})
afterAll(async () => {
  for (const server of [...apps.values(), attacker, keyServer]) await server[Symbol.asyncDispose]()
})

function bearer(token: string): readonly string[] {
  return [`authorization: Bearer ${token}`]
}

/** A token with an HMAC of a secret that the attacker knows. */
function withHmac(secret: string | Buffer, header: object = {}): string {
  const input = `${base64url({ alg: 'HS256', ...header })}.${base64url(claimsWith())}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

async function attacks(): Promise<Attack[]> {
  const good = await signed()
  const [head = '', body = '', signature = ''] = good.split('.')
  const fromMallory = (header: Record<string, unknown> = {}) => signed({}, header, mallory.privateKey)
  const unsigned = (alg: string) => `${base64url({ alg, typ: 'JWT' })}.${base64url(claimsWith())}.`
  const der = createPublicKey(keys.pem).export({ type: 'spki', format: 'der' })
  const failed = 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'
  const notAllowed = 'ERR_JOSE_ALG_NOT_ALLOWED'
  const badClaim = 'ERR_JWT_CLAIM_VALIDATION_FAILED'
  return [
    ...['none', 'None', 'NONE', 'nOnE'].map((alg) => ({
      name: `alg ${alg}`,
      headers: bearer(unsigned(alg)),
      code: notAllowed,
    })),
    {
      name: 'alg none with the signature of another token',
      headers: bearer(unsigned('none') + signature),
      code: notAllowed,
    },
    { name: 'HS256 with the public PEM', headers: bearer(withHmac(keys.pem)), code: notAllowed },
    { name: 'HS256 with the public PEM, trimmed', headers: bearer(withHmac(keys.pem.trim())), code: notAllowed },
    { name: 'HS256 with the public DER', headers: bearer(withHmac(der)), code: notAllowed },
    { name: 'HS256 with nothing', headers: bearer(withHmac('')), code: notAllowed },
    { name: 'no alg', headers: bearer(withHmac('', { alg: undefined })), code: 'ERR_JWS_INVALID' },
    { name: 'an alg that is a list', headers: bearer(withHmac('', { alg: ['RS256'] })), code: 'ERR_JWS_INVALID' },
    {
      name: 'an algorithm that is not listed, by the right key',
      headers: bearer(await signed({}, { alg: 'ES256' }, malloryOnEc.privateKey)),
      code: notAllowed,
    },
    { name: 'another audience', headers: bearer(await signed({ aud: 'shop' })), code: badClaim, claim: 'aud' },
    {
      name: 'several other audiences',
      headers: bearer(await signed({ aud: ['shop', 'cha'] })),
      code: badClaim,
      claim: 'aud',
    },
    { name: 'no audience', headers: bearer(await signed({ aud: undefined })), code: badClaim, claim: 'aud' },
    {
      name: 'an audience that is an object',
      headers: bearer(await signed({ aud: { chat: true } })),
      code: badClaim,
      claim: 'aud',
    },
    {
      name: 'another issuer',
      headers: bearer(await signed({ iss: 'https://mallory.example' })),
      code: badClaim,
      claim: 'iss',
    },
    {
      name: 'an issuer that begins alike',
      headers: bearer(await signed({ iss: `${issuer}.mallory` })),
      code: badClaim,
      claim: 'iss',
    },
    { name: 'no issuer', headers: bearer(await signed({ iss: undefined })), code: badClaim, claim: 'iss' },
    { name: 'no exp', headers: bearer(await signed({ exp: undefined })), code: badClaim, claim: 'exp' },
    {
      name: 'an exp that is a text',
      headers: bearer(await signed({ exp: '9999999999' })),
      code: badClaim,
      claim: 'exp',
    },
    { name: 'an exp of null', headers: bearer(await signed({ exp: null })), code: badClaim, claim: 'exp' },
    { name: 'expired', headers: bearer(await signed({ exp: now() - 60 })), code: 'ERR_JWT_EXPIRED', claim: 'exp' },
    {
      name: 'expiring this second',
      headers: bearer(await signed({ exp: now() })),
      code: 'ERR_JWT_EXPIRED',
      claim: 'exp',
    },
    { name: 'nbf in the future', headers: bearer(await signed({ nbf: now() + 600 })), code: badClaim, claim: 'nbf' },
    { name: 'an nbf that is a text', headers: bearer(await signed({ nbf: '0' })), code: badClaim, claim: 'nbf' },
    {
      name: 'an unknown crit',
      headers: bearer(`${base64url({ alg: 'RS256', crit: ['mallory'], mallory: 1 })}.${body}.${signature}`),
      code: 'ERR_JOSE_NOT_SUPPORTED',
    },
    {
      name: 'crit that names nothing',
      headers: bearer(`${base64url({ alg: 'RS256', crit: [] })}.${body}.${signature}`),
      code: 'ERR_JWS_INVALID',
    },
    {
      name: 'a payload that is not encoded, by crit',
      headers: bearer(`${base64url({ alg: 'RS256', crit: ['b64'], b64: false })}.${body}.${signature}`),
      code: failed,
    },
    {
      name: 'jku to a key server of the attacker',
      headers: bearer(await fromMallory({ jku: attacker.url })),
      code: failed,
    },
    {
      name: 'x5u to a key server of the attacker',
      headers: bearer(await fromMallory({ x5u: attacker.url })),
      code: failed,
    },
    { name: 'jwk with a key of the attacker', headers: bearer(await fromMallory({ jwk: malloryJwk })), code: failed },
    {
      name: 'x5c with a key of the attacker',
      headers: bearer(
        await fromMallory({ x5c: [(await exportSPKI(mallory.publicKey)).replace(/-----.*?-----|\n/g, '')] }),
      ),
      code: failed,
    },
    { name: 'a key of the attacker', headers: bearer(await fromMallory()), code: failed },
    { name: 'no signature', headers: bearer(`${head}.${body}.`), code: failed },
    { name: 'a signature of zeros', headers: bearer(`${head}.${body}.${'A'.repeat(signature.length)}`), code: failed },
    {
      name: 'other claims under a good signature',
      headers: bearer(`${head}.${base64url(claimsWith({ sub: 'root' }))}.${signature}`),
      code: failed,
    },
    {
      name: 'a header that is no JSON',
      headers: bearer(`${base64url('{"alg"')}.${body}.${signature}`),
      code: 'ERR_JWS_INVALID',
    },
    {
      name: 'a token of 1 MB',
      headers: bearer(`${head}.${'A'.repeat(2 ** 20)}.${signature}`),
      code: 'token_too_large',
    },
    { name: 'two Authorization headers', headers: [...bearer(good), ...bearer(good)], code: 'token_malformed' },
    {
      name: 'two Authorization headers, a good one last',
      headers: [...bearer(await fromMallory()), ...bearer(good)],
      code: 'token_malformed',
    },
    {
      name: 'two Authorization headers of two schemes',
      headers: ['authorization: Basic YTpi', ...bearer(good)],
      authInfo: { token: good },
      code: 'token_malformed',
    },
    {
      name: 'Bearer and nothing',
      headers: ['authorization: Bearer'],
      authInfo: { token: good },
      code: 'token_malformed',
    },
    {
      name: 'two tokens in one header',
      headers: bearer(`${good} ${good}`),
      authInfo: { token: good },
      code: 'token_malformed',
    },
    { name: 'a quoted token', headers: bearer(`"${good}"`), authInfo: { token: good }, code: 'token_malformed' },
    { name: 'a padded signature', headers: bearer(`${good}==`), code: 'token_malformed' },
    {
      name: 'a line break in the token',
      authInfo: { token: `${head}.${body}.\n${signature}` },
      code: 'token_malformed',
    },
    { name: 'a token after its scheme, in auth_info', authInfo: { token: `Bearer ${good}` }, code: 'token_malformed' },
    { name: 'four parts', headers: bearer(`${good}.e30`), code: 'token_malformed' },
    { name: 'five parts, as an encrypted token has', headers: bearer(`${good}.AA.AA`), code: 'token_malformed' },
    { name: 'no token at all', code: 'token_missing' },
    { name: 'another scheme', headers: ['authorization: Basic YTpi'], code: 'token_missing' },
    { name: 'a scheme that begins with Bearer', headers: [`authorization: BearerX ${good}`], code: 'token_missing' },
    { name: 'an empty Authorization header', headers: ['authorization:'], code: 'token_missing' },
    ...[
      null,
      1,
      true,
      '',
      [good],
      { token: '' },
      { token: 1 },
      { token: null },
      { token: [good] },
      { token: { token: good } },
    ].map((authInfo) => ({ name: `auth_info ${inspect(authInfo).slice(0, 20)}`, authInfo, code: 'token_missing' })),
    { name: 'auth_info that is the token itself', authInfo: good, code: 'token_missing' },
  ]
}

const names = frameworkNames.flatMap((name) => [`${name}, publicKey`, `${name}, jwksUrl`])

describe.each(names)('%s', (name) => {
  test('every attack receives the same response, and only onReject receives the reason', async () => {
    const app = apps.get(name) as App
    for (const { name, headers, authInfo, code, claim } of await attacks()) {
      rejections.length = 0
      const reply = await app.join(headers, authInfo)
      const { status, body } = reply
      expect.soft({ name, status, body }).toEqual({ name, status: 401, body: refused })
      expect.soft(reply.headers).toMatchObject({
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'no-store',
        'www-authenticate': code === 'token_missing' ? 'Bearer' : 'Bearer error="invalid_token"',
      })
      expect.soft(rejections.map(({ code, claim }) => ({ name, code, claim }))).toEqual([{ name, code, claim }])
      // Without the request, which holds the token.
      const received = inspect(
        rejections.map(({ code, claim, cause }) => ({ code, claim, cause })),
        { depth: null, showHidden: true },
      )
      for (const secret of [...secretsIn(headers, authInfo), 'ada', issuer]) expect.soft(received).not.toContain(secret)
    }
    expect(attacker.fetches).toBe(0)
    expect(keyServer.fetches).toBeLessThanOrEqual(1)
  })

  test('a valid token in the header or in auth_info is accepted', async () => {
    const app = apps.get(name) as App
    const token = await signed()
    rejections.length = 0
    const replies = [
      await app.join(bearer(token)),
      await app.join([`AUTHORIZATION: bEaReR   ${token}`]),
      await app.join([], { token }),
      await app.join(['authorization: Basic YTpi'], { token }),
      await app.join(bearer(token), { token: 'ignored' }),
      await app.join(bearer(await signed({ aud: ['shop', 'chat'] }))),
    ]
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200])
    expect((await app.join(bearer(await signed({ sub: 'bob' })))).status).toBe(403)
    expect(rejections).toEqual([])
  })
})

/** The parts of every token in a request. */
function secretsIn(headers: readonly string[] = [], authInfo: unknown): string[] {
  return [...headers, JSON.stringify(authInfo) ?? ''].join(' ').match(/[\w-]{12,}(?=\.)|(?<=\.)[\w-]{12,}/g) ?? []
}
