import { jwtUser } from '@pingerchips/jwt'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { expect, test } from 'vitest'

/** Order of the curve P-256 (SEC 2, 2.4.2). */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** The token with the other valid signature (r, n - s), which anyone can compute. */
function respelt(token: string): string {
  const [header, payload, signature = ''] = token.split('.')
  const bytes = Buffer.from(signature, 'base64url')
  const s = order - BigInt(`0x${bytes.subarray(32).toString('hex')}`)
  const other = Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')])
  return `${header}.${payload}.${other.toString('base64url')}`
}

test('a token that is respelt is valid, and a revocation list of jti finds it', async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const revoked = new Set<string>()
  const user = jwtUser({
    publicKey: await exportJWK(publicKey),
    algorithms: ['ES256'],
    issuer: 'https://login.example',
    audience: 'chat',
    map: ({ sub, jti }) => (sub && jti && !revoked.has(jti) ? { id: sub } : null),
  })
  const token = await new SignJWT({ sub: '1', jti: 'token-1' })
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuer('https://login.example')
    .setAudience('chat')
    .setExpirationTime('1 minute')
    .sign(privateKey)
  const context = { socketId: '1.1', channel: 'private-a', kind: 'private', authInfo: undefined } as const
  const as = (text: string) =>
    user(undefined, { ...context, header: (name) => (name === 'authorization' ? `Bearer ${text}` : undefined) })

  expect(respelt(token)).not.toBe(token)
  expect([await as(token), await as(respelt(token))]).toEqual([{ id: '1' }, { id: '1' }])
  revoked.add('token-1')
  expect([await as(token), await as(respelt(token))]).toEqual([null, null])
})
