import type { StandardSchemaV1 } from '@standard-schema/spec'
import { describeType, invalidArgument } from '../errors.ts'

/** A schema of any library that implements Standard Schema: zod, valibot, arktype. */
export type Schema = StandardSchemaV1

/** The type that a schema accepts. */
export type SchemaInput<S extends Schema> = StandardSchemaV1.InferInput<S>

/** The type that a schema returns, and that is sent. */
export type SchemaOutput<S extends Schema> = StandardSchemaV1.InferOutput<S>

/** The events of one channel: a schema for each event name. Names that begin with `client-` are sent by browsers. */
export type EventSchemas = { readonly [event: string]: Schema }

/** The events of an app: a schema for each event name, by channel pattern. */
export type EventTable = { readonly [pattern: string]: EventSchemas }

/** The events that a server sends: those whose name does not begin with `client-`. */
export type ServerEvent<Events extends EventSchemas> = Exclude<keyof Events & string, `client-${string}`>

/** @throws {TypeError} if it is not a Standard Schema */
export function assertSchema(value: unknown, argument: string): asserts value is Schema {
  // The schemas of arktype are functions.
  const isHolder = (typeof value === 'object' || typeof value === 'function') && value !== null
  const { validate } = Object(isHolder ? (value as Partial<Schema>)['~standard'] : undefined) as { validate?: unknown }
  if (typeof validate !== 'function')
    throw invalidArgument(
      argument,
      `must be a Standard Schema, such as z.object({ … }) of zod (received ${describeType(value)}).`,
    )
}

/**
 * Validates data and returns the output of the schema, in which unknown keys may be stripped and defaults filled in.
 * @throws {TypeError} (as a rejection) with the paths of the issues. The message contains no value and none of the schema
 * library's texts, since those may quote values
 */
export async function validated(schema: Schema, data: unknown, argument: string): Promise<unknown> {
  const result = await schema['~standard'].validate(data)
  if (result.issues === undefined) return result.value
  throw invalidArgument(argument, `does not match its schema at ${pathsOf(result.issues)}.`)
}

/** Issues that a message names. */
const maxPaths = 10

/** The paths of the issues, without repeats: `items[0].name, total`. */
export function pathsOf(issues: readonly StandardSchemaV1.Issue[]): string {
  const paths = [...new Set(issues.map(({ path = [] }) => pathText(path)))]
  const rest = paths.length - maxPaths
  return rest > 0 ? `${paths.slice(0, maxPaths).join(', ')} and ${rest} more` : paths.join(', ')
}

function pathText(path: NonNullable<StandardSchemaV1.Issue['path']>): string {
  let text = ''
  for (const segment of path) {
    const key = typeof segment === 'object' ? segment.key : segment
    if (typeof key === 'number' || /^\d{1,9}$/.test(String(key))) text += `[${String(key)}]`
    // A key may come from the data, as in a record: other characters are not repeated.
    else if (/^[A-Za-z_$][\w$-]{0,63}$/.test(String(key))) text += text === '' ? String(key) : `.${String(key)}`
    else text += '[…]'
  }
  return text === '' ? 'its root' : text
}
