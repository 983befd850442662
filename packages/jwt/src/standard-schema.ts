import { describeType, invalidArgument } from '@pingerchips/core/adapter'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { Rejection } from './rejection.ts'

/** @throws {TypeError} naming `options.claims` */
export function assertSchema(value: unknown): asserts value is StandardSchemaV1 {
  // ArkType's are functions.
  const isSchema = (typeof value === 'object' && value !== null) || typeof value === 'function'
  const props: unknown = isSchema && '~standard' in value ? value['~standard'] : undefined
  if (typeof props === 'object' && props !== null && 'validate' in props && typeof props.validate === 'function') return
  throw invalidArgument(
    'options.claims',
    `must be a Standard Schema, as zod, valibot and arktype make (got ${describeType(value)})`,
  )
}

/**
 * What a schema makes of the claims. Its issues stay here: many quote the value that they are about.
 * @throws what the schema threw
 */
export async function validated<Claims>(
  schema: StandardSchemaV1<unknown, Claims>,
  claims: unknown,
): Promise<Claims | Rejection> {
  const result = await schema['~standard'].validate(claims)
  if (result.issues === undefined) return result.value
  const [first] = result.issues[0]?.path ?? []
  const claim = typeof first === 'object' ? first.key : first
  return new Rejection('claims_invalid', { claim: claim === undefined ? undefined : String(claim) })
}
