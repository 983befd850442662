import {
  type Awaitable,
  assertOptions as assertKnownOptions,
  describeType,
  invalidArgument,
} from '@pingerchips/core/adapter'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { CryptoKey, JSONWebKeySet, JWK, KeyObject } from 'jose'
import { assertAlgorithms, type PublicKeyAlgorithm, type SecretAlgorithm } from './algorithms.ts'
import type { KeySourceName } from './key-source.ts'
import type { JwtRejection } from './rejection.ts'
import { assertSchema } from './standard-schema.ts'

/** Keys that a server publishes: what an identity provider calls its `jwks_uri`. */
export interface JwksUrlOptions extends OnlyKeySource<'jwksUrl'> {
  /**
   * Where the JSON Web Key Set is: https, or http to loopback. It is fetched when the first token comes, kept for 10
   * minutes, and fetched again for an unknown `kid` at most every 30 seconds. 5 seconds, 256 KiB and no redirect are
   * allowed. After a failure nothing is fetched for 2 seconds, then 4, 8, 16 and 30; tokens whose key is not at hand are
   * refused meanwhile.
   */
  readonly jwksUrl: string | URL
  /** What the issuer signs with, at least one: a token's `alg` must be among them (RFC 8725, section 3.1). */
  readonly algorithms: readonly PublicKeyAlgorithm[]
}

/** Keys that the app has at hand. */
export interface JwksOptions extends OnlyKeySource<'jwks'> {
  /** A JSON Web Key Set of public keys (RFC 7517, section 5). It is copied. */
  readonly jwks: JSONWebKeySet
  /** What the issuer signs with, at least one: a token's `alg` must be among them (RFC 8725, section 3.1). */
  readonly algorithms: readonly PublicKeyAlgorithm[]
}

/** One secret that the issuer has too. */
export interface SecretOptions extends OnlyKeySource<'secret'> {
  /** At least 32 bytes for HS256, 48 for HS384, 64 for HS512. A string is taken as UTF-8, whatever it looks like. */
  readonly secret: string | Uint8Array
  /** As of {@link JwksUrlOptions}, and only these: none of them goes with a public key. */
  readonly algorithms: readonly SecretAlgorithm[]
}

/** One key. */
export interface PublicKeyOptions extends OnlyKeySource<'publicKey'> {
  /**
   * PEM (`BEGIN PUBLIC KEY`, or `BEGIN CERTIFICATE`, whose dates and issuer are not looked at), a JWK, Node's `KeyObject`
   * or a `CryptoKey`. RSA keys have at least 2048 bits. It must go with every algorithm of the list.
   */
  readonly publicKey: string | JWK | KeyObject | CryptoKey
  /** What the issuer signs with, at least one: a token's `alg` must be among them (RFC 8725, section 3.1). */
  readonly algorithms: readonly PublicKeyAlgorithm[]
}

/** Exactly one source of keys, and the algorithms that go with it. */
export type KeyOptions = JwksUrlOptions | JwksOptions | SecretOptions | PublicKeyOptions

/** A source of keys goes with no other one. */
export type OnlyKeySource<Name extends KeySourceName> = { readonly [Other in Exclude<KeySourceName, Name>]?: undefined }

/** What a good token says, and what to make of it. */
export interface JwtTokenOptions<Request, Claims, User> {
  /** Who may have signed the token: its `iss`, or a list of them. */
  readonly issuer: string | readonly string[]
  /** Whom it must be for: this app's name in its `aud`, or a list of names of which one suffices. */
  readonly audience: string | readonly string[]
  /** Seconds that the clocks may differ, for `exp` and `nbf`: 0 to 300. Default: 0. */
  readonly clockTolerance?: number | undefined
  /**
   * Validates the claims and gives them their type: a Standard Schema, as zod, valibot and arktype make. Claims that it
   * refuses are a 401; what it throws is a failure of the app's own.
   */
  readonly claims?: StandardSchemaV1<unknown, Claims> | undefined
  /**
   * Finds the token, in the place of `Authorization: Bearer` and `auth_info.token`. `null`, `undefined` and `''` mean
   * that there is none. A browser sends a cookie along to other sites' requests too: make it `SameSite`.
   */
  readonly token?: ((request: Request) => Awaitable<string | null | undefined>) | undefined
  /**
   * Turns the claims into the app's user. `null`, `undefined`, `false` and `''` mean nobody, which the endpoint answers
   * with 403, and `deny()` refuses in the app's own words.
   */
  readonly map?: ((claims: NoInfer<Claims>, request: Request) => Awaitable<User>) | undefined
  /** Hears of every refusal. It is awaited, and what it throws is a failure of the app's own: nobody is let in. */
  readonly onReject?: ((rejection: JwtRejection<Request>) => unknown) | undefined
}

/**
 * How to tell a good token, and what to make of it. `Request` is the framework's own.
 * `algorithms` lists the algorithms that the issuer signs with: a token's `alg` must be one of them.
 */
export type JwtUserOptions<Request = unknown, Claims = unknown, User = unknown> = KeyOptions &
  JwtTokenOptions<Request, Claims, User>

const optionNames: Record<KeySourceName | 'algorithms' | keyof JwtTokenOptions<unknown, unknown, unknown>, true> = {
  jwksUrl: true,
  jwks: true,
  secret: true,
  publicKey: true,
  issuer: true,
  audience: true,
  algorithms: true,
  clockTolerance: true,
  claims: true,
  token: true,
  map: true,
  onReject: true,
}
const maxClockTolerance = 300

/**
 * Checks everything but the keys.
 * @throws {TypeError} naming the option that is missing, malformed or unknown
 */
export function assertOptions<Request, Claims, User>(options: JwtUserOptions<Request, Claims, User>): void {
  assertKnownOptions(options, 'options', optionNames)
  const { issuer, audience, algorithms, clockTolerance = 0, claims, ...functions } = options
  assertNames(issuer, 'options.issuer')
  assertNames(audience, 'options.audience')
  assertAlgorithms(algorithms)
  if (typeof clockTolerance !== 'number' || !(clockTolerance >= 0 && clockTolerance <= maxClockTolerance))
    throw invalidArgument('options.clockTolerance', `must be 0 to ${maxClockTolerance} seconds`)
  if (claims !== undefined) assertSchema(claims)
  for (const name of ['token', 'map', 'onReject'] as const) {
    const value: unknown = functions[name]
    if (value !== undefined && typeof value !== 'function')
      throw invalidArgument(`options.${name}`, `must be a function (got ${describeType(value)})`)
  }
}

/** An empty name, or a list of none, would be a check that nobody made. */
function assertNames(value: unknown, argument: string): void {
  const names: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (names.length === 0 || !names.every((name) => typeof name === 'string' && name !== ''))
    throw invalidArgument(
      argument,
      `must be a non-empty string, or a non-empty array of them (got ${describeType(value)})`,
    )
}
