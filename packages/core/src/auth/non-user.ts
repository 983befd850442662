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
  const tag = Object.prototype.toString.call(value).slice(8, -1)
  if (isPlatformClass(tag)) return `a value of class ${tag}`
  return isFrameworkObject(value as Readonly<Record<string, unknown>>)
    ? "a request, a response or a stream, or a framework's wrapper of one"
    : undefined
}

/** Classes of the platform that a polyfill or another realm may bring where there is no such global. */
const fetchClasses = ['Response', 'Request', 'Headers', 'FormData', 'ReadableStream', 'Blob']
/** Tags of values of the language that have no global class. */
const languageTags = ['Error', 'Arguments', 'Module', 'Generator', 'AsyncGenerator']

/**
 * Whether a tag (`Object.prototype.toString`) is that of a class of the platform: `Response`, `Headers`, `Map`, `Date`,
 * `Boolean`, `Uint8Array`. Of those no instance is a user. A class of the app's own has the tag `Object`, or one that is no
 * global.
 */
function isPlatformClass(tag: string): boolean {
  if (tag === 'Object') return false
  if (fetchClasses.includes(tag) || languageTags.includes(tag)) return true
  return typeof (globalThis as Readonly<Record<string, unknown>>)[tag] === 'function'
}

/** Where frameworks keep the platform's request or response on their own. Not `req`: express-session's session has it. */
const wrapped = ['res', 'response', 'raw', 'headers'] as const

/**
 * Whether an object belongs to a framework: a Node stream, an object that has one (Koa's `ctx.response`, Hono's
 * `c.req`), or the description of a response (`{ statusCode: 401, body }` on Lambda, SvelteKit's `fail(401)`).
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
  return typeof status === 'number' && status >= 300 && status <= 599
}
