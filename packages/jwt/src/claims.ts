import { type Awaitable, describeType, invalidArgument } from '@pingerchips/core/adapter'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { JWTClaimVerificationOptions, JWTPayload } from 'jose'
import { Rejection } from './rejection.ts'

/** The payload and the `typ` of a token whose signature, or authenticated encryption, is valid. */
export interface VerifiedToken {
  readonly payload: JWTPayload
  readonly typ: unknown
}

/** Decides whether an issuer is trusted. Called after the signature was verified; only `true` accepts. */
export type IssuerCheck = (issuer: string, claims: JWTPayload) => Awaitable<boolean>

/** A claim that names the app in the place of `aud`, such as `client_id` or `azp`. */
export interface AudienceClaim {
  /** The name of the claim. */
  readonly claim: string
  /** The value that it must have, or a list of which it must have one. A claim that is an array must contain one. */
  readonly value: string | readonly string[]
}

export interface ClaimOptions {
  readonly issuer: string | readonly string[] | IssuerCheck | false
  readonly audience: string | readonly string[] | AudienceClaim | false
  readonly typ?: readonly string[] | false | undefined
  readonly expiration?: false | undefined
  readonly clockTolerance?: number | undefined
}

/** Values of `typ` without the optional prefix `application/` (RFC 7519, section 5.1; RFC 9068, section 2.1). */
const defaultTypes: readonly string[] = ['jwt', 'at+jwt']

/** The checks that jose makes of the claims. */
export function standardChecks({
  issuer,
  audience,
  expiration,
  clockTolerance = 0,
}: ClaimOptions): JWTClaimVerificationOptions {
  return {
    ...(isNames(issuer) && { issuer: [issuer].flat() }),
    ...(isNames(audience) && { audience: [audience].flat() }),
    ...(expiration !== false && { requiredClaims: ['exp'] }),
    clockTolerance,
  }
}

/** The checks that jose does not make: `typ`, security events, and what the app put in the place of `iss` or `aud`. */
export function appChecks(options: ClaimOptions): (token: VerifiedToken) => Promise<Rejection | undefined> {
  const { issuer } = options
  const audience = audienceClaim(options.audience)
  const types = options.typ === false ? undefined : new Set((options.typ ?? defaultTypes).map(normalizeType))
  return async ({ payload, typ }) => {
    // An explicit list requires `typ`. The default accepts its absence: many providers leave it out.
    const isMissing = typ === undefined && options.typ === undefined
    if (types !== undefined && !isMissing && !(typeof typ === 'string' && types.has(normalizeType(typ))))
      return Rejection.ofClaim('typ')
    if (types !== undefined && isSecurityEvent(payload)) return Rejection.ofClaim('events')
    if (typeof issuer === 'function') {
      const isTrusted = typeof payload.iss === 'string' && (await issuer(payload.iss, payload)) === true
      if (!isTrusted) return Rejection.ofClaim('iss')
    }
    if (audience !== undefined) {
      const value: unknown = Object.hasOwn(payload, audience.claim) ? payload[audience.claim] : undefined
      const values: readonly unknown[] = Array.isArray(value) ? value : [value]
      if (!audience.values.some((name) => values.includes(name))) return Rejection.ofClaim(audience.claim)
    }
    return undefined
  }
}

/**
 * A logout or event token (RFC 8417, section 2.2; OpenID Connect Back-Channel Logout, section 2.4). Its `typ` is
 * optional, and its issuer and audience are those of the app's tokens. The keys of `events` are URIs.
 */
function isSecurityEvent({ events }: JWTPayload): boolean {
  return typeof events === 'object' && events !== null && Object.keys(events).some((key) => key.includes(':'))
}

function normalizeType(typ: string): string {
  return typ.toLowerCase().replace(/^application\//, '')
}

function isNames(value: unknown): value is string | string[] {
  return typeof value === 'string' || Array.isArray(value)
}

function audienceClaim(audience: ClaimOptions['audience']): { claim: string; values: readonly string[] } | undefined {
  if (typeof audience !== 'object' || !('claim' in audience)) return undefined
  return { claim: audience.claim, values: [audience.value].flat() }
}

/** @throws {TypeError} naming the option */
export function assertClaimOptions({ issuer, audience, typ, expiration, clockTolerance = 0 }: ClaimOptions): void {
  const or = (what: string) => `${what}, or false to leave the check out`
  if (issuer !== false && typeof issuer !== 'function')
    assertNames(issuer, 'options.issuer', or('a non-empty string, a non-empty array of them, a function'))
  if (typeof audience === 'object' && audience !== null && 'claim' in audience) {
    assertNames(audience.value, 'options.audience.value', 'a non-empty string or a non-empty array of them')
    if (typeof audience.claim !== 'string' || audience.claim === '')
      throw invalidArgument(
        'options.audience.claim',
        `must be a non-empty string (received ${describeType(audience.claim)}).`,
      )
  } else if (audience !== false)
    assertNames(audience, 'options.audience', or('a non-empty string, a non-empty array of them, { claim, value }'))
  if (typ !== undefined && typ !== false) {
    if (typeof typ === 'string')
      throw invalidArgument('options.typ', "must be an array such as ['JWT'], or false (received a string).")
    assertNames(typ, 'options.typ', "a non-empty array such as ['JWT'], or false")
  }
  if (expiration !== undefined && expiration !== false)
    throw invalidArgument('options.expiration', `must be false or left out (received ${describeType(expiration)}).`)
  if (typeof clockTolerance !== 'number' || !(clockTolerance >= 0 && clockTolerance <= maxClockTolerance))
    throw invalidArgument(
      'options.clockTolerance',
      `must be a number of seconds from 0 to ${maxClockTolerance} (received ${typeof clockTolerance === 'number' ? clockTolerance : describeType(clockTolerance)}).`,
    )
}

const maxClockTolerance = 300

/** An empty name or list would be a check that accepts nothing, or everything. */
function assertNames(value: unknown, argument: string, expected: string): void {
  const names: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (names.length === 0 || !names.every((name) => typeof name === 'string' && name !== ''))
    throw invalidArgument(argument, `must be ${expected} (received ${describeType(value)}).`)
}

/** @throws {TypeError} naming `options.claims` */
export function assertSchema(value: unknown): asserts value is StandardSchemaV1 {
  // The schemas of ArkType are functions.
  const isSchema = (typeof value === 'object' && value !== null) || typeof value === 'function'
  const props: unknown = isSchema && '~standard' in value ? value['~standard'] : undefined
  if (typeof props === 'object' && props !== null && 'validate' in props && typeof props.validate === 'function') return
  throw invalidArgument(
    'options.claims',
    `must be a Standard Schema, such as one of zod, valibot or arktype (received ${describeType(value)}).`,
  )
}

/**
 * Validates claims with a schema. Drops the messages of its issues, since many quote the value.
 * @throws what the schema throws
 */
export async function validateClaims<Claims>(
  schema: StandardSchemaV1<unknown, Claims>,
  claims: unknown,
): Promise<Claims | Rejection> {
  const result = await schema['~standard'].validate(claims)
  if (result.issues === undefined) return result.value
  const [first] = result.issues[0]?.path ?? []
  const claim = typeof first === 'object' ? first.key : first
  return new Rejection('claims_invalid', { claim: claim === undefined ? undefined : String(claim) })
}
