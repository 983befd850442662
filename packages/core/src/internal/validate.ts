import { describeType, invalidArgument, malformed } from '../errors.ts'
import { isRecord } from './json.ts'

/**
 * Refuses anything but an object with known keys, by name: a misspelt option that is ignored is a decision nobody made.
 * `known` is typed by the options' interface where it is made, so that an option forgotten there does not compile.
 * @throws {TypeError}
 */
export function assertOptions(
  options: unknown,
  what: string,
  known: Readonly<Record<string, true>>,
): asserts options is object {
  if (!isRecord(options)) throw invalidArgument(what, `must be an object (got ${describeType(options)})`)
  for (const key of Object.keys(options))
    if (!Object.hasOwn(known, key))
      throw invalidArgument(what, `has no option '${key}'; it knows ${Object.keys(known).join(', ')}`)
}

/** The longest that a timer can wait, in milliseconds: some 24.8 days. */
const longestTimer = 2 ** 31 - 1

/**
 * A time in milliseconds.
 * @throws {TypeError} if it is not a number from 1 to 2,147,483,647
 */
export function assertTimeout(value: unknown, argument: string): asserts value is number {
  if (typeof value !== 'number' || !(value >= 1 && value <= longestTimer))
    throw invalidArgument(
      argument,
      `must be a number of milliseconds from 1 to ${longestTimer} (got ${typeof value === 'number' ? 'another' : describeType(value)})`,
    )
}

/** Ids and keys stand in paths, queries and signed strings, where nothing escapes them. */
export function assertIdentifier(value: unknown, argument: string): asserts value is string {
  // Not a dot first: `.` and `..` are not names in a path.
  if (typeof value !== 'string' || !/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/.test(value))
    throw invalidArgument(
      argument,
      `must be a string of 1 to 200 characters of A-Z a-z 0-9 . _ -, not beginning with a dot (got ${malformed(value)})`,
    )
}

export function assertSecret(value: unknown, argument: string): asserts value is string {
  if (typeof value !== 'string' || value.length === 0)
    throw invalidArgument(argument, `must be a non-empty string (got ${describeType(value)})`)
}

/** A token is sent as a header: printable ASCII alone, or a line end in it would begin another header. */
export function assertToken(value: unknown, argument: string): asserts value is string {
  if (typeof value !== 'string' || !/^[!-~]{1,4096}$/.test(value))
    throw invalidArgument(
      argument,
      `must be a string of 1 to 4096 printable ASCII characters without spaces (got ${malformed(value)})`,
    )
}

/** The kinds of channel that need an answer of the app's server. Any other name is public. */
export type ChannelKind = 'private' | 'presence' | 'encrypted'

// Nothing escapes the `:` of a signed string, so whatever is signed comes from a closed alphabet without `:` and
// without line ends. No `m` flag: `$` would then match before a newline. No `g` flag: it keeps state between calls.
const socketIdPattern = /^[A-Za-z0-9._-]{1,64}$/
const channelPattern = /^[A-Za-z0-9_\-=@,.;]{1,200}$/

// Longest prefix first: `private-encrypted-private-1` is encrypted.
const kindsByPrefix: readonly (readonly [prefix: string, kind: ChannelKind])[] = [
  ['private-encrypted-', 'encrypted'],
  ['private-', 'private'],
  ['presence-', 'presence'],
]

const userChannelPrefix = '#server-to-user-'
/** A user's channel has a name as long as any other. */
const maxUserId = 200 - userChannelPrefix.length

const channelAlphabet = '1 to 200 characters of A-Z a-z 0-9 _ - = @ , . ;'

export function isSocketId(value: unknown): value is string {
  return typeof value === 'string' && socketIdPattern.test(value)
}

export function isChannel(value: unknown): value is string {
  return typeof value === 'string' && channelPattern.test(value)
}

/**
 * What a valid channel name asks for: its kind, `'public'` when it needs no authorization, and `undefined` for a
 * prefix with nothing behind it. Case counts, as it does for the service.
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
      `must be a socket id as the client sent it, 1 to 64 characters of A-Z a-z 0-9 . _ - (got ${malformed(value)})`,
    )
}

export function assertChannel(value: unknown, argument: string): asserts value is string {
  if (!isChannel(value)) throw invalidArgument(argument, `must be ${channelAlphabet} (got ${malformed(value)})`)
}

/** The channel of a user, which their signed-in connections are on. No alphabet of an app's own channels has its `#`. */
export function userChannel(userId: string): string {
  return userChannelPrefix + userId
}

/** A user's id stands in a path and in a channel's name. */
export function assertUserId(value: unknown, argument: string): asserts value is string {
  if (!isUserId(value) || isDots(value))
    throw invalidArgument(
      argument,
      `must be well-formed text of 1 to ${maxUserId} characters without control characters, and not . or .. (got ${malformed(value)})`,
    )
}

function isUserId(value: unknown): value is string {
  if (typeof value !== 'string' || value.length === 0 || value.length > maxUserId) return false
  return value.isWellFormed() && !/\p{Cc}/u.test(value)
}

/** Whether a URL takes it for a step between folders: escapes do not help. */
export function isDots(value: string): boolean {
  return value === '.' || value === '..'
}

export function assertEventName(value: unknown, argument: string): asserts value is string {
  if (typeof value !== 'string' || value.length === 0 || value.length > 200 || !value.isWellFormed())
    throw invalidArgument(argument, `must be well-formed text of 1 to 200 characters (got ${malformed(value)})`)
}
