import type { UserContext } from '@pingerchips/core'
import {
  type Awaitable,
  assertOptions as assertKnownOptions,
  describeType,
  invalidArgument,
} from '@pingerchips/core/adapter'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { CryptoKey, JSONWebKeySet, JWK, KeyObject } from 'jose'
import {
  assertAlgorithms,
  type EncryptionAlgorithm,
  type PublicKeyAlgorithm,
  type SecretAlgorithm,
} from './algorithms.ts'
import { type AudienceClaim, assertClaimOptions, assertSchema, type IssuerCheck } from './claims.ts'
import type { JwtRejection } from './rejection.ts'

/** The options that say where keys come from. */
export type KeySourceName = 'jwksUrl' | 'jwks' | 'secret' | 'publicKey' | 'encryptionKey'

/** A source of keys excludes all others. */
type OnlyKeySource<Name extends KeySourceName> = { readonly [Other in Exclude<KeySourceName, Name>]?: undefined }

/** Keys that a server publishes: the `jwks_uri` of an identity provider. */
export interface JwksUrlOptions extends OnlyKeySource<'jwksUrl'> {
  /**
   * The URL of the JSON Web Key Set: https, or http to loopback. The keys are fetched for the first token, cached for
   * 10 minutes, and fetched again for an unknown `kid` at most every 30 seconds. Limits: 5 seconds, 256 KiB, no
   * redirect. After a failure there is no fetch for 2 seconds, then 4, 8, 16 and 30. Tokens whose key is not cached are
   * refused meanwhile. Weak keys are dropped: the token of such a key is refused with `key_unusable`.
   */
  readonly jwksUrl: string | URL
  /**
   * Allows plain http to other hosts than loopback, such as `http://keycloak:8080` in compose. Default: false. An
   * attacker who can change the response can sign tokens.
   */
  readonly allowHttp?: boolean | undefined
  /** The algorithms that the issuer signs with, at least one. A token's `alg` must be among them (RFC 8725, section 3.1). */
  readonly algorithms: readonly PublicKeyAlgorithm[]
}

/** Keys that the app has. */
export interface JwksOptions extends OnlyKeySource<'jwks'> {
  /**
   * A JSON Web Key Set of public keys (RFC 7517, section 5). It is copied. Every key that the algorithms could use must
   * meet the requirements of `publicKey`.
   */
  readonly jwks: JSONWebKeySet
  readonly allowHttp?: undefined
  /** The algorithms that the issuer signs with, at least one. A token's `alg` must be among them (RFC 8725, section 3.1). */
  readonly algorithms: readonly PublicKeyAlgorithm[]
}

/** A secret that the issuer has too. */
export interface SecretOptions extends OnlyKeySource<'secret'> {
  /**
   * At least 32 bytes for HS256, 48 for HS384, 64 for HS512. A string is used as UTF-8 and not decoded from base64 or
   * hex. Public keys and certificates are refused: with them, everyone could sign.
   */
  readonly secret: string | Uint8Array
  /** Allows a shorter secret. Default: false. An attacker who has one token can guess a short secret offline. */
  readonly allowShortSecret?: boolean | undefined
  readonly allowHttp?: undefined
  /** The algorithms that the issuer signs with, at least one. None of them goes with a public key. */
  readonly algorithms: readonly SecretAlgorithm[]
}

/** One public key. */
export interface PublicKeyOptions extends OnlyKeySource<'publicKey'> {
  /**
   * PEM (`BEGIN PUBLIC KEY`, or `BEGIN CERTIFICATE`, whose dates and issuer are not checked), a JWK, Node's `KeyObject`
   * or a `CryptoKey`. In a PEM, line breaks may be the two characters `\n`. RSA keys have at least 2048 bits and an
   * exponent of at least 65537. The key must go with every listed algorithm.
   */
  readonly publicKey: string | JWK | KeyObject | CryptoKey
  readonly allowHttp?: undefined
  /** The algorithms that the issuer signs with, at least one. A token's `alg` must be among them (RFC 8725, section 3.1). */
  readonly algorithms: readonly PublicKeyAlgorithm[]
}

/** One key of encrypted tokens (JWE), shared with the issuer. Of Auth.js, `authJs()` makes these options. */
export interface EncryptionKeyOptions extends OnlyKeySource<'encryptionKey'> {
  /** The content encryption key. Its length is that of the algorithm: 64 bytes for A256CBC-HS512, 32 for A256GCM. */
  readonly encryptionKey: Uint8Array
  readonly allowHttp?: undefined
  /** The content encryption (`enc`) of the tokens, at least one. Their `alg` must be `dir`. */
  readonly algorithms: readonly EncryptionAlgorithm[]
}

/** Exactly one source of keys, and its algorithms. */
export type KeyOptions = JwksUrlOptions | JwksOptions | SecretOptions | PublicKeyOptions | EncryptionKeyOptions

/** The checks of a token, and the user that is made of it. */
export interface JwtTokenOptions<Request, Claims, User> {
  /**
   * The trusted issuer (`iss`), a list of them, or a function `(issuer, claims) => boolean` that is called after the
   * signature was verified. `false` leaves the check out: every token of the key is then accepted.
   */
  readonly issuer: string | readonly string[] | IssuerCheck | false
  /**
   * This app's name in `aud`, or a list of names of which one suffices. `{ claim, value }` checks another claim, such
   * as `client_id`. `false` leaves the check out: tokens for other apps of the issuer are then accepted.
   */
  readonly audience: string | readonly string[] | AudienceClaim | false
  /** `false` accepts tokens without `exp`. A token that has an `exp` is still refused after it. */
  readonly expiration?: false | undefined
  /**
   * Accepted values of the header `typ`, without regard to case and to the prefix `application/`. Default: `JWT`,
   * `at+jwt`, and tokens without `typ`; tokens with security `events`, such as logout tokens, are refused. A list of
   * yours replaces the default and requires `typ`. `false` leaves the check out.
   */
  readonly typ?: readonly string[] | false | undefined
  /** Allowed clock difference for `exp` and `nbf`: 0 to 300 seconds. Default: 0. */
  readonly clockTolerance?: number | undefined
  /**
   * A Standard Schema (zod, valibot, arktype) that validates and types the claims. Claims that it refuses are a 401.
   * An error that it throws goes to the app's error handler.
   */
  readonly claims?: StandardSchemaV1<unknown, Claims> | undefined
  /**
   * Returns the token, in the place of `Authorization: Bearer` and `auth_info.token`. `null`, `undefined` and `''` mean
   * that there is none. Browsers send cookies with requests of other sites too: make yours `SameSite`.
   */
  readonly token?: ((request: Request, context: UserContext) => Awaitable<string | null | undefined>) | undefined
  /**
   * Makes the app's user of the claims. `null`, `undefined`, `false` and `''` mean unauthenticated: the endpoint
   * responds with 403. A `deny()` sets another response.
   */
  readonly map?: ((claims: NoInfer<Claims>, request: Request) => Awaitable<User>) | undefined
  /** Called with every refusal, and awaited. If it throws, the error goes to the app's error handler: nothing is signed. */
  readonly onReject?: ((rejection: JwtRejection<Request>) => unknown) | undefined
}

/** Options of `jwtUser()`. `Request` is the framework's. */
export type JwtUserOptions<Request = unknown, Claims = unknown, User = unknown> = KeyOptions &
  JwtTokenOptions<Request, Claims, User>

type OptionName =
  | KeySourceName
  | 'allowHttp'
  | 'allowShortSecret'
  | 'algorithms'
  | keyof JwtTokenOptions<unknown, unknown, unknown>
const optionNames: Record<OptionName, true> = {
  jwksUrl: true,
  jwks: true,
  secret: true,
  publicKey: true,
  encryptionKey: true,
  allowHttp: true,
  allowShortSecret: true,
  algorithms: true,
  issuer: true,
  audience: true,
  expiration: true,
  typ: true,
  clockTolerance: true,
  claims: true,
  token: true,
  map: true,
  onReject: true,
}

/** Options that belong to one source of keys. */
const flags = { allowHttp: 'jwksUrl', allowShortSecret: 'secret' } as const

/**
 * Asserts all options but the keys.
 * @throws {TypeError} naming the option that is missing, malformed or unknown
 */
export function assertOptions<Request, Claims, User>(options: JwtUserOptions<Request, Claims, User>): void {
  assertKnownOptions(options, 'options', optionNames)
  assertClaimOptions(options)
  assertAlgorithms(options.algorithms)
  const values: Readonly<Partial<Record<OptionName, unknown>>> = options
  if (values.claims !== undefined) assertSchema(values.claims)
  for (const name of ['token', 'map', 'onReject'] as const)
    if (values[name] !== undefined && typeof values[name] !== 'function')
      throw invalidArgument(`options.${name}`, `must be a function (received ${describeType(values[name])}).`)
  for (const [flag, source] of Object.entries(flags) as [keyof typeof flags, KeySourceName][]) {
    if (values[flag] === undefined) continue
    if (typeof values[flag] !== 'boolean')
      throw invalidArgument(`options.${flag}`, `must be a boolean (received ${describeType(values[flag])}).`)
    if (values[source] === undefined) throw invalidArgument(`options.${flag}`, `goes only with options.${source}.`)
  }
}
