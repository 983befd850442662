import { describeInvalidString, describeType, describeValue, invalidArgument, unknownOption } from '../errors.ts'
import { isRecord } from './json.ts'

/**
 * Refuses anything but an object whose keys are all known, so that a misspelt option is not ignored. `known` is typed by
 * the interface of the options where it is made: an option that is missing there does not compile.
 *
 * @param what the name of the argument: `options`, `options.batch`, `events[3]`
 * @throws {TypeError} `Unknown option 'key'. Did you mean 'appKey'?`
 */
export function assertOptions(
  options: unknown,
  what: string,
  known: Readonly<Record<string, true>>,
): asserts options is object {
  if (!isRecord(options)) throw invalidArgument(what, `must be an object (received ${describeType(options)})`)
  for (const key of Object.keys(options)) if (!Object.hasOwn(known, key)) throw unknown(key, what, Object.keys(known))
}

function unknown(key: string, what: string, known: readonly string[]): TypeError {
  const path = what.replace(/^options\.?/, '')
  const named = (name: string) => (path === '' ? name : `${path}.${name}`)
  const meant = suggestion(key, known)
  const help = meant === undefined ? `Known options: ${known.join(', ')}.` : `Did you mean '${named(meant)}'?`
  // A key can be any text; a long one is cut.
  return unknownOption(what, `Unknown option '${named(key.slice(0, 60))}'. ${help}`)
}

/** Names of the same options in `pusher`, in the Pingerchips SDK and in common use. */
const synonyms: Readonly<Record<string, readonly string[]>> = {
  key: ['appKey'],
  app_key: ['appKey'],
  host: ['endpoint'],
  url: ['endpoint'],
  baseUrl: ['endpoint'],
  cluster: ['endpoint'],
  scheme: ['endpoint'],
  port: ['endpoint'],
  useTLS: ['allowHttp'],
  apiToken: ['token'],
  requestTimeout: ['timeout'],
  agent: ['dispatcher'],
  proxy: ['dispatcher'],
  encryptionMasterKeyBase64: ['encryptionMasterKey'],
  retry: ['delivery', 'retries'],
  onError: ['onBackgroundError'],
  on: ['hooks', 'handler'],
  socket_id: ['socketId'],
  channels: ['channel'],
  name: ['event', 'property'],
  limit: ['rateLimit'],
  onUnavailable: ['onStoreError'],
  secrets: ['additionalSecrets'],
  secret: ['additionalSecrets', 'appKey'],
  filter_by_prefix: ['prefix'],
}

/** The known name that was probably meant: a synonym, the same letters in another case, or at most 2 edits away. */
function suggestion(key: string, known: readonly string[]): string | undefined {
  const synonym = Object.hasOwn(synonyms, key) ? synonyms[key]?.find((name) => known.includes(name)) : undefined
  if (synonym !== undefined) return synonym
  const plain = (name: string) => name.toLowerCase().replaceAll(/[-_]/g, '')
  const distances = known.map((name) => [name, editDistance(plain(key.slice(0, 60)), plain(name))] as const)
  const [nearest] = distances.sort(([, one], [, other]) => one - other)
  const limit = Math.min(2, Math.ceil(key.length / 3))
  return nearest !== undefined && nearest[1] <= limit ? nearest[0] : undefined
}

/** Levenshtein's distance: the number of characters to insert, delete or replace. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [index, character] of [...from].entries()) {
    const next = [index + 1]
    for (const [column, other] of [...to].entries())
      next.push(
        Math.min(
          (row[column] ?? 0) + (character === other ? 0 : 1),
          (row[column + 1] ?? 0) + 1,
          (next[column] ?? 0) + 1,
        ),
      )
    row = next
  }
  return row[to.length] ?? 0
}

/**
 * An integer within bounds.
 * @throws {TypeError} `options.retries must be an integer from 0 to 10 (received 20).`
 */
export function assertInteger(value: unknown, argument: string, min: number, max: number): asserts value is number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max)
    throw invalidArgument(argument, `must be an integer from ${min} to ${max} (received ${describeValue(value)})`)
}

/** @throws {TypeError} */
export function assertFunction(value: unknown, argument: string): void {
  if (typeof value !== 'function')
    throw invalidArgument(argument, `must be a function (received ${describeType(value)})`)
}

/** @throws {TypeError} */
export function assertBoolean(value: unknown, argument: string): asserts value is boolean {
  if (typeof value !== 'boolean')
    throw invalidArgument(argument, `must be true or false (received ${describeType(value)})`)
}

/** The longest delay of a timer in milliseconds: 24.8 days. */
const longestTimer = 2 ** 31 - 1

/**
 * A time in milliseconds.
 * @throws {TypeError} if it is not a number from 1 to 2,147,483,647
 */
export function assertTimeout(value: unknown, argument: string): asserts value is number {
  if (typeof value !== 'number' || !(value >= 1 && value <= longestTimer))
    throw invalidArgument(
      argument,
      `must be a number of milliseconds from 1 to ${longestTimer} (received ${describeValue(value)})`,
    )
}

/** Ids and keys are used in paths, queries and signed strings without escaping. */
export function assertIdentifier(value: unknown, argument: string): asserts value is string {
  // No dot first: `.` and `..` are not names in a path.
  if (typeof value !== 'string' || !/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/.test(value))
    throw invalidArgument(
      argument,
      `must be a string of 1 to 200 characters of A-Z a-z 0-9 . _ -, not beginning with a dot (received ${describeInvalidString(value)})`,
    )
}

export function assertSecret(value: unknown, argument: string): asserts value is string {
  if (typeof value !== 'string' || value.length === 0)
    throw invalidArgument(argument, `must be a non-empty string (received ${describeType(value)})`)
}

/** A token is sent as a header. A line end in it would start another header: only printable ASCII is allowed. */
export function assertToken(value: unknown, argument: string): asserts value is string {
  if (typeof value !== 'string' || !/^[!-~]{1,4096}$/.test(value))
    throw invalidArgument(
      argument,
      `must be a string of 1 to 4096 printable ASCII characters without spaces (received ${describeInvalidString(value)})`,
    )
}

/** Kinds of channels that need an authorization. Any other channel is public. */
export type ChannelKind = 'private' | 'presence' | 'encrypted'

// The parts of a signed string are joined by `:` without escaping, so each part has a closed alphabet without `:` and line
// ends. No `m` flag: `$` would then match before a newline. No `g` flag: it keeps state between calls.
const socketIdPattern = /^[A-Za-z0-9._-]{1,64}$/
const channelPattern = /^[A-Za-z0-9_\-=@,.;]{1,200}$/

// Longest prefix first: `private-encrypted-private-1` is encrypted.
const kindsByPrefix: readonly (readonly [prefix: string, kind: ChannelKind])[] = [
  ['private-encrypted-', 'encrypted'],
  ['private-', 'private'],
  ['presence-', 'presence'],
]

const userChannelPrefix = '#server-to-user-'
/** The name of a user's channel has the length limit of every channel. */
const maxUserId = 200 - userChannelPrefix.length

const channelAlphabet = '1 to 200 characters of A-Z a-z 0-9 _ - = @ , . ;'

export function isSocketId(value: unknown): value is string {
  return typeof value === 'string' && socketIdPattern.test(value)
}

export function isChannel(value: unknown): value is string {
  return typeof value === 'string' && channelPattern.test(value)
}

/**
 * The kind of a valid channel name: `'public'` if it needs no authorization, `undefined` for a prefix without a name. Case
 * matters, as it does for the service.
 */
export function channelKind(channel: string): ChannelKind | 'public' | undefined {
  for (const [prefix, kind] of kindsByPrefix)
    if (channel.startsWith(prefix)) return channel.length > prefix.length ? kind : undefined
  return 'public'
}

export function assertSocketId(value: unknown, argument: string): asserts value is string {
  if (!isSocketId(value))
    throw invalidArgument(
      argument,
      `must be a socket id of 1 to 64 characters of A-Z a-z 0-9 . _ - (received ${describeInvalidString(value)})`,
    )
}

export function assertChannel(value: unknown, argument: string): asserts value is string {
  if (!isChannel(value))
    throw invalidArgument(argument, `must be ${channelAlphabet} (received ${describeInvalidString(value)})`)
}

/** The channel of a user's signed-in connections. The alphabet of an app's own channels has no `#`. */
export function userChannel(userId: string): string {
  return userChannelPrefix + userId
}

/** A user's id is used in a path and in the name of a channel. */
export function assertUserId(value: unknown, argument: string): asserts value is string {
  if (!isUserId(value) || isDots(value))
    throw invalidArgument(
      argument,
      `must be well-formed text of 1 to ${maxUserId} characters without control characters, and not . or .. (received ${describeInvalidString(value)})`,
    )
}

function isUserId(value: unknown): value is string {
  if (typeof value !== 'string' || value.length === 0 || value.length > maxUserId) return false
  return value.isWellFormed() && !/\p{Cc}/u.test(value)
}

/** Whether a URL resolves it as a relative segment, which escaping does not prevent. */
export function isDots(value: string): boolean {
  return value === '.' || value === '..'
}

export function assertEventName(value: unknown, argument: string): asserts value is string {
  if (typeof value !== 'string' || value.length === 0 || value.length > 200 || !value.isWellFormed())
    throw invalidArgument(
      argument,
      `must be well-formed text of 1 to 200 characters (received ${describeInvalidString(value)})`,
    )
}
