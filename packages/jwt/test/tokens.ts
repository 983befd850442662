import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type CryptoKey,
  exportJWK,
  exportSPKI,
  type GenerateKeyPairResult,
  generateKeyPair,
  type JSONWebKeySet,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
} from 'jose'

export const issuer = 'https://issuer.example'
export const audience = 'chat'
/** The checks of every `jwtUser` of these tests. */
export const rs256 = { issuer, audience, algorithms: ['RS256'] } as const

/** Made once: an RSA key pair takes longer than most of these tests. */
const { privateKey, publicKey }: GenerateKeyPairResult = await generateKeyPair('RS256', { extractable: true })
export const keys: { readonly privateKey: CryptoKey; readonly publicKey: CryptoKey; readonly pem: string } = {
  privateKey,
  publicKey,
  pem: await exportSPKI(publicKey),
}

/** Made with `openssl req -x509`. The private key was deleted after it had signed one token. */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBdjCCARugAwIBAgIUDHSRkFHwogKkqKYx596rYuk+yfswCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjMwMzM4MTVaGA8yMTI2MTAzMDAzMzgx
NVowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABDXS
lehKWjul9SlK/kmHnAdd/2vSscq9b0AZvRcSfjqLkemWuv3zUOHvzTHD4q7Vq7uZ
/nEywTX5+LddwG21ruKjUzBRMB0GA1UdDgQWBBTUWrOVt0BFSZ2rrEQPxLcrgnjG
KDAfBgNVHSMEGDAWgBTUWrOVt0BFSZ2rrEQPxLcrgnjGKDAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0kAMEYCIQCSVQxaV15jyLJ9kUuPYxbRq1SFQPjjsdoi
55YGuU7XdwIhAIZZqgzDaC/2Ssz71kUhhM8Z4+9QZXnk66s+flUi6tMj
-----END CERTIFICATE-----
`

export async function keySet(kid = 'one', key: CryptoKey = publicKey): Promise<JSONWebKeySet> {
  return { keys: [{ ...(await exportJWK(key)), kid, alg: 'RS256', use: 'sig' }] }
}

export function now(): number {
  return Math.floor(Date.now() / 1000)
}

/** Valid claims. `undefined` removes one. */
export function claimsWith(changes: Record<string, unknown> = {}): JWTPayload {
  const claims = { iss: issuer, aud: audience, sub: 'ada', exp: now() + 3600, ...changes }
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined))
}

/** A valid token but for the changes. */
export function signed(
  changes: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
  key: CryptoKey | Uint8Array = privateKey,
): Promise<string> {
  return new SignJWT(claimsWith(changes))
    .setProtectedHeader({ alg: 'RS256', kid: 'one', ...header } as JWTHeaderParameters)
    .sign(key)
}

export function base64url(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
}

/** A key server on 127.0.0.1. It counts its requests and responds by the current `respond`. */
export interface KeyServer extends AsyncDisposable {
  readonly url: string
  fetches: number
  respond: RequestListener
}

export async function startKeyServer(keySetOf: () => unknown = () => keySet()): Promise<KeyServer> {
  const server = createServer((req, res) => {
    keyServer.fetches++
    keyServer.respond(req, res)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const keyServer: KeyServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
    fetches: 0,
    respond: async (_req, res) => {
      res.setHeader('content-type', 'application/json').end(JSON.stringify(await keySetOf()))
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
  return keyServer
}
