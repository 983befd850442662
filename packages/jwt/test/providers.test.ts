import { readFileSync } from 'node:fs'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type JwtUserOptions, jwtUser } from '../src/index.ts'
import { frameworkNames, startApp } from './apps.ts'
import { bearing } from './endpoint.ts'
import { type KeyServer, now, startKeyServer } from './tokens.ts'

const rsa = await generateKeyPair('RS256')
const ec = await generateKeyPair('ES256')
const keySet: JWK[] = [
  { ...(await exportJWK(rsa.publicKey)), kid: 'rsa', use: 'sig', alg: 'RS256' },
  { ...(await exportJWK(ec.publicKey)), kid: 'ec', use: 'sig', alg: 'ES256' },
]
const foreign = { RS256: await generateKeyPair('RS256'), ES256: await generateKeyPair('ES256') }
const secret = new TextEncoder().encode('a secret of the login server, of 32 bytes')
let server: KeyServer
beforeAll(async () => {
  server = await startKeyServer(() => ({ keys: keySet }))
})
afterAll(() => server[Symbol.asyncDispose]())

type Changes = Readonly<Record<string, unknown>>

/** A provider's token as it documents it, the options that accept it, and the tokens of others. */
interface Provider {
  readonly options: (jwksUrl: string) => Omit<JwtUserOptions, 'map'>
  readonly alg: 'RS256' | 'ES256' | 'HS256'
  readonly header?: Changes
  readonly claims: Changes
  readonly anotherTenant?: Changes
  readonly anotherClient?: Changes
  /** Other tokens of the provider that must not work in the place of this one. */
  readonly others?: Readonly<Record<string, Changes>>
}

const entra = (tenant: string) => `https://login.microsoftonline.com/${tenant}/v2.0`
const [tenantA, tenantB, tenantC] = [
  '11111111-1111-4111-8111-111111111111',
  '22222222-2222-4222-8222-222222222222',
  '33333333-3333-4333-8333-333333333333',
]
const cognito = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab1'
const keycloak = 'http://keycloak:8080/realms/shop'
const supabase = 'https://abcdefghijklmnopqrst.supabase.co/auth/v1'
const firebase = 'https://securetoken.google.com/shop-1'

const providers: Readonly<Record<string, Provider>> = {
  'Amazon Cognito': {
    options: (jwksUrl) => ({
      jwksUrl,
      issuer: cognito,
      audience: { claim: 'client_id', value: 'web-client' },
      algorithms: ['RS256'],
    }),
    alg: 'RS256',
    claims: { iss: cognito, client_id: 'web-client', token_use: 'access', scope: 'openid' },
    anotherTenant: { iss: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Zz9' },
    anotherClient: { client_id: 'admin-client' },
    others: { 'an ID token': { client_id: undefined, aud: 'web-client', token_use: 'id' } },
  },
  Clerk: {
    options: (jwksUrl) => ({
      jwksUrl,
      issuer: 'https://shop.clerk.accounts.dev',
      audience: { claim: 'azp', value: ['https://shop.example', 'https://www.shop.example'] },
      algorithms: ['RS256'],
    }),
    alg: 'RS256',
    header: { typ: 'JWT', cat: 'cl_B7d4PD111AAA' },
    claims: { iss: 'https://shop.clerk.accounts.dev', azp: 'https://shop.example', sid: 'sess_1', v: 2 },
    anotherTenant: { iss: 'https://other.clerk.accounts.dev' },
    anotherClient: { azp: 'https://evil.example' },
    others: { 'a token without azp': { azp: undefined } },
  },
  Auth0: {
    options: (jwksUrl) => ({
      jwksUrl,
      issuer: 'https://shop.eu.auth0.com/',
      audience: 'https://api.shop.example',
      algorithms: ['RS256'],
    }),
    alg: 'RS256',
    header: { typ: 'at+jwt' },
    claims: {
      iss: 'https://shop.eu.auth0.com/',
      aud: ['https://api.shop.example', 'https://shop.eu.auth0.com/userinfo'],
      azp: 'spa',
    },
    anotherTenant: { iss: 'https://other.eu.auth0.com/' },
    anotherClient: { aud: ['https://api.other.example', 'https://shop.eu.auth0.com/userinfo'] },
    others: { 'an ID token': { aud: 'spa' } },
  },
  'Microsoft Entra ID, one tenant': {
    options: (jwksUrl) => ({ jwksUrl, issuer: entra(tenantA), audience: 'app-1', algorithms: ['RS256'] }),
    alg: 'RS256',
    header: { typ: 'JWT', x5t: 'rsa' },
    claims: { iss: entra(tenantA), tid: tenantA, aud: 'app-1', ver: '2.0', oid: 'o' },
    anotherTenant: { iss: entra(tenantB), tid: tenantB },
    anotherClient: { aud: 'app-2' },
  },
  'Microsoft Entra ID, many tenants': {
    options: (jwksUrl) => {
      const tenants = new Set<unknown>([tenantA, tenantB])
      return {
        jwksUrl,
        issuer: (issuer, { tid }) => tenants.has(tid) && issuer === `https://login.microsoftonline.com/${tid}/v2.0`,
        audience: 'app-1',
        algorithms: ['RS256'],
      }
    },
    alg: 'RS256',
    header: { typ: 'JWT' },
    claims: { iss: entra(tenantB), tid: tenantB, aud: 'app-1', ver: '2.0' },
    anotherTenant: { iss: entra(tenantC), tid: tenantC },
    anotherClient: { aud: 'app-2' },
    others: {
      'a tid that its iss does not have': { iss: entra(tenantC), tid: tenantA },
      'no tid': { tid: undefined },
      'an iss that is an array': { iss: [entra(tenantB)] },
      'no iss': { iss: undefined },
    },
  },
  Keycloak: {
    options: (jwksUrl) => ({
      jwksUrl: jwksUrl.replace('127.0.0.1', '0.0.0.0'), // plain http to a host that is not loopback by name
      allowHttp: true,
      issuer: keycloak,
      audience: { claim: 'azp', value: 'web' },
      algorithms: ['RS256'],
    }),
    alg: 'RS256',
    header: { typ: 'JWT' },
    claims: {
      iss: keycloak,
      aud: 'account',
      azp: 'web',
      typ: 'Bearer',
      realm_access: { roles: Array.from({ length: 400 }, (_, index) => `department-${index}-reader`) },
    },
    anotherTenant: { iss: 'http://keycloak:8080/realms/other' },
    anotherClient: { azp: 'admin-cli' },
  },
  Supabase: {
    options: (jwksUrl) => ({ jwksUrl, issuer: supabase, audience: 'authenticated', algorithms: ['ES256', 'RS256'] }),
    alg: 'ES256',
    header: { typ: 'JWT' },
    claims: { iss: supabase, aud: 'authenticated', role: 'authenticated', aal: 'aal1' },
    anotherTenant: { iss: 'https://zzzzzzzzzzzzzzzzzzzz.supabase.co/auth/v1' },
    anotherClient: { aud: 'anon' },
    others: { 'an API key': { iss: 'supabase', aud: undefined, role: 'anon', ref: 'abcdefghijklmnopqrst' } },
  },
  'Supabase, legacy secret': {
    options: () => ({ secret, issuer: supabase, audience: 'authenticated', algorithms: ['HS256'] }),
    alg: 'HS256',
    header: { typ: 'JWT', kid: 'legacy' },
    claims: { iss: supabase, aud: 'authenticated', role: 'authenticated' },
    anotherTenant: { iss: 'https://zzzzzzzzzzzzzzzzzzzz.supabase.co/auth/v1' },
    anotherClient: { aud: 'anon' },
  },
  Firebase: {
    options: (jwksUrl) => ({ jwksUrl, issuer: firebase, audience: 'shop-1', algorithms: ['RS256'] }),
    alg: 'RS256',
    header: { typ: 'JWT' },
    claims: {
      iss: firebase,
      aud: 'shop-1',
      auth_time: now(),
      user_id: 'ada',
      firebase: { sign_in_provider: 'password' },
    },
    anotherTenant: { iss: 'https://securetoken.google.com/other-2', aud: 'other-2' },
    anotherClient: { aud: 'other-2' },
    others: { 'a session cookie': { iss: 'https://session.firebase.google.com/shop-1' } },
  },
  '@nestjs/jwt': {
    options: () => ({
      secret: 'secretKey', // as in Nest's documentation
      allowShortSecret: true,
      algorithms: ['HS256'],
      issuer: false,
      audience: false,
      expiration: false,
    }),
    alg: 'HS256',
    header: { typ: 'JWT' },
    claims: { username: 'ada', exp: undefined },
    others: { 'an expired token': { exp: now() - 1 }, 'a token that is not valid yet': { nbf: now() + 60 } },
  },
}

async function sign({ alg, header }: Provider, claims: Changes, key?: CryptoKey | Uint8Array): Promise<string> {
  const own = { RS256: rsa.privateKey, ES256: ec.privateKey, HS256: secret }[alg]
  const kid = { RS256: 'rsa', ES256: 'ec', HS256: undefined }[alg]
  const payload = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined))
  return new SignJWT(payload as JWTPayload)
    .setProtectedHeader({ ...(kid !== undefined && { kid }), ...header, alg })
    .sign(key ?? own)
}

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

describe.each(Object.entries(providers))('%s', (name, provider) => {
  const claims = { sub: 'ada', iat: now(), exp: now() + 3600, ...provider.claims }
  const key = name === '@nestjs/jwt' ? new TextEncoder().encode('secretKey') : undefined
  const user = async (token: string) =>
    jwtUser(provider.options(server.url) as JwtUserOptions)({}, bearing(token)) as Promise<{ sub?: unknown }>

  test('its token is accepted', async () => {
    expect(await user(await sign(provider, claims, key))).toMatchObject({ sub: 'ada' })
  })

  test('a token of another key, tenant or client is refused', async () => {
    const wrongKey = provider.alg === 'HS256' ? new Uint8Array(32).fill(1) : foreign[provider.alg].privateKey
    const hostile: Record<string, string> = { 'another key': await sign(provider, claims, wrongKey) }
    for (const [what, changes] of Object.entries({
      'another tenant': provider.anotherTenant,
      'another client': provider.anotherClient,
      ...provider.others,
    }))
      if (changes !== undefined) hostile[what] = await sign(provider, { ...claims, ...changes }, key)
    for (const [what, token] of Object.entries(hostile))
      expect.soft({ what, user: (await user(token)).sub }).toEqual({ what, user: undefined })
  })

  test('the README has a row for it', () => {
    expect(readme).toMatch(new RegExp(`^\\| ${name.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')}`, 'm'))
  })
})

describe('a token of 12 KB, as Keycloak issues for many roles', () => {
  test.each(frameworkNames)('is accepted by %s, in the header and in auth_info', async (name) => {
    const { options, claims } = providers.Keycloak as Provider
    const all = { ...claims, sub: 'ada', exp: now() + 60, groups: 'x'.repeat(600) }
    const token = await sign(providers.Keycloak as Provider, all)
    expect(token.length).toBeGreaterThan(12_000)
    await using app = await startApp(name, jwtUser(options(server.url) as JwtUserOptions) as never)
    const replies = [await app.join([`authorization: Bearer ${token}`]), await app.join([], { token })]
    expect(replies.map(({ status }) => status)).toEqual([200, 200])
  })
})
