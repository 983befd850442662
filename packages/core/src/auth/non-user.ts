/**
 * Describes a value that cannot be a user. A callback that refuses in its framework's way (`return c.json({}, 401)`,
 * `return reply.code(401).send()`, `return new Error()`) returns such a value, and must not be signed for.
 *
 * @param request the framework's request
 * @param context what the adapter adds to contexts, such as the response
 * @returns `undefined` if it may be a user: a non-empty string, a finite number, a bigint, or an object of the app's own
 */
export function describeNonUser(value: unknown, request?: unknown, context: object = {}): string | undefined {
  switch (typeof value) {
    case 'string':
      return value === '' ? 'an empty string' : undefined
    case 'number':
      return Number.isFinite(value) ? undefined : String(value)
    case 'bigint':
      return undefined
    case 'object':
      return value === null ? 'null' : describeNonUserObject(value, request, context)
    default:
      return typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`
  }
}

function describeNonUserObject(value: object, request: unknown, context: object): string | undefined {
  if (value === request || Object.values(context).includes(value)) return "the framework's own request or response"
  if (Array.isArray(value)) return 'an array'
  if (value instanceof Error) return 'an Error'
  const name = platformClass(value)
  if (name !== undefined) return `a value of class ${name}`
  return isFrameworkObject(value as Readonly<Record<string, unknown>>)
    ? "a request, a response or a stream, or a framework's wrapper of one"
    : undefined
}

/** Classes of the platform that a polyfill or another realm may bring where there is no such global. */
const fetchClasses = ['Response', 'Request', 'Headers', 'FormData', 'ReadableStream', 'Blob']
/** Tags of values of the language that have no global class. */
const languageTags = ['Error', 'Arguments', 'Module', 'Generator', 'AsyncGenerator']

/**
 * The class of the platform that a value is of: `Response`, `Headers`, `Map`, `Date`, `Boolean`, `Uint8Array`, `Math`. Of
 * those no instance is a user. By its tag (`Object.prototype.toString`), which values of other realms have too, and by its
 * prototypes, since a proxy or a subclass may hide the tag. A class of the app's own has the tag `Object`, or one that is
 * no global.
 */
function platformClass(value: object): string | undefined {
  const tag = Object.prototype.toString.call(value).slice(8, -1)
  // 'Map Iterator' and its like have a space.
  if (fetchClasses.includes(tag) || languageTags.includes(tag) || tag.includes(' ')) return tag
  if (tag !== 'Object' && tag in globalThis) return tag
  for (let prototype = Object.getPrototypeOf(value); prototype !== null; prototype = Object.getPrototypeOf(prototype)) {
    const { name } = Object.hasOwn(prototype, 'constructor') ? Object(prototype.constructor) : {}
    if (name !== 'Object' && typeof name === 'string' && globals[name] === prototype.constructor) return name
  }
  return undefined
}

const globals = globalThis as Readonly<Record<string, unknown>>

/** Where frameworks keep the platform's request or response on their own. Not `req`: express-session's session has it. */
const wrapped = ['res', 'response', 'raw', 'headers'] as const

/**
 * Whether an object belongs to a framework: a Node stream, an object that has one (Koa's `ctx.response`, Hono's
 * `c.req`), the description of a response (`{ statusCode: 401, body }` on Lambda, SvelteKit's `fail(401)`), or a failed
 * result.
 */
function isFrameworkObject(value: Readonly<Record<string, unknown>>): boolean {
  try {
    return isResponseLike(value)
  } catch {
    // A strict proxy of the app's own throws for properties that it does not have.
    return false
  }
}

function isResponseLike(value: Readonly<Record<string, unknown>>): boolean {
  if (typeof value.pipe === 'function' || typeof value.setHeader === 'function') return true
  if (isErrorStatus(value.status) || isErrorStatus(value.statusCode)) return true
  // Elysia's status(401, 'Unauthorized').
  if (isErrorStatus(value.code) && 'response' in value) return true
  // A failed result of a library: Supabase, better-auth, zod's safeParse.
  if (value.error instanceof Error || value.success === false || value.ok === false) return true
  const { init } = value
  if (isRecord(init) && isErrorStatus(init.status)) return true
  return wrapped.some((key) => {
    const inner = value[key]
    if (!isRecord(inner)) return false
    if (typeof inner.pipe === 'function' || typeof inner.setHeader === 'function') return true
    return fetchClasses.includes(Object.prototype.toString.call(inner).slice(8, -1))
  })
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

/** A redirect or an error: no user has such a status. */
function isErrorStatus(status: unknown): boolean {
  // Lambda takes text too.
  return (typeof status === 'number' || typeof status === 'string') && /^[345]\d\d$/.test(String(status))
}
