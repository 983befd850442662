import { hkdfSync } from 'node:crypto'
import type { UserContext } from '@pingerchips/core'
import { invalidArgument } from '@pingerchips/core/adapter'
import type { EncryptionAlgorithm } from './algorithms.ts'
import { toBytes } from './secret-key.ts'

/** Options of {@link authJs}. */
export interface AuthJsOptions {
  /** The secret of Auth.js: `AUTH_SECRET`, or `NEXTAUTH_SECRET`. */
  readonly secret: string
  /**
   * The name of the session cookie. With https it is `__Secure-authjs.session-token`, with http
   * `authjs.session-token`; in version 4 `next-auth` stands in the place of `authjs`.
   */
  readonly cookie: string
  /** The version of Auth.js: 5, or 4 for next-auth 4. Default: 5. */
  readonly version?: 4 | 5 | undefined
}

/** The options of `jwtUser()` that {@link authJs} returns. */
export interface AuthJsTokenOptions {
  readonly encryptionKey: Uint8Array
  readonly algorithms: readonly [EncryptionAlgorithm]
  readonly issuer: false
  readonly audience: false
  readonly token: (request: unknown, context: UserContext) => string | undefined
}

/**
 * Makes the options of `jwtUser()` for the session cookie of Auth.js: an encrypted token without `iss` and `aud`, in one
 * cookie or in several (`.0`, `.1`, …). The session strategy must be `jwt`.
 *
 * @example
 * ```ts
 * const user = jwtUser({ ...authJs({ secret: AUTH_SECRET, cookie: '__Secure-authjs.session-token' }) })
 * ```
 * @throws {TypeError} if the secret is empty or a public key, or the cookie's name is empty
 */
export function authJs({ secret, cookie, version = 5 }: AuthJsOptions): AuthJsTokenOptions {
  const bytes = toBytes(secret, 'secret')
  if (bytes.length === 0) throw invalidArgument('secret', 'must be a non-empty string.')
  if (typeof cookie !== 'string' || cookie === '') throw invalidArgument('cookie', 'must be a non-empty string.')
  if (version !== 4 && version !== 5) throw invalidArgument('version', 'must be 4 or 5.')
  // As `encode` of @auth/core/jwt and of next-auth/jwt derive it.
  const [salt, info, length] =
    version === 5
      ? [cookie, `Auth.js Generated Encryption Key (${cookie})`, 64]
      : ['', 'NextAuth.js Generated Encryption Key', 32]
  return {
    encryptionKey: new Uint8Array(hkdfSync('sha256', bytes, salt, info, length)),
    algorithms: [version === 5 ? 'A256CBC-HS512' : 'A256GCM'],
    issuer: false,
    audience: false,
    token: (_request, context) => sessionToken(context.header('cookie') ?? '', cookie),
  }
}

function sessionToken(header: string, name: string): string | undefined {
  const cookies = new Map<string, string>()
  for (const pair of header.split(';')) {
    const [key = '', ...value] = pair.trim().split('=')
    // Of two cookies of one name, the first has the more specific path (RFC 6265, section 5.4).
    if (!cookies.has(key)) cookies.set(key, value.join('='))
  }
  const whole = cookies.get(name)
  if (whole !== undefined) return whole
  const chunks: string[] = []
  for (let chunk = cookies.get(`${name}.0`); chunk !== undefined; chunk = cookies.get(`${name}.${chunks.length}`))
    chunks.push(chunk)
  return chunks.length === 0 ? undefined : chunks.join('')
}
