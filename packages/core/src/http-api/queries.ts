import { describeInvalidString, describeType, invalidArgument } from '../errors.ts'
import { isRecord, jsonText, ownProperty } from '../internal/json.ts'
import { assertChannel, assertOptions, assertUserId, channelKind, isDots } from '../internal/validate.ts'
import type { ApiCaller } from './api-caller.ts'
import type { CallOptions } from './call-policy.ts'

/**
 * What can be counted on a channel: `subscription_count`, its connections; `user_count`, its members, on a `presence-`
 * channel alone.
 */
export type ChannelCount = 'user_count' | 'subscription_count'

/** The counts that were asked for. */
export type ChannelInfo<Count extends ChannelCount = ChannelCount> = { readonly [Name in Count]: number }

/** One channel as it is at the moment. */
export type ChannelState<Count extends ChannelCount = ChannelCount> = ChannelInfo<Count> & {
  /** Whether anybody is on it. */
  readonly occupied: boolean
}

/** What to ask about a channel. */
export interface ChannelQuery<Count extends ChannelCount = ChannelCount> {
  /** What to count. `user_count` is of `presence-` channels alone. Default: nothing. */
  readonly info?: readonly Count[] | undefined
}

/** Which channels to ask about, and what. */
export interface ChannelsQuery<Count extends ChannelCount = ChannelCount> extends ChannelQuery<Count> {
  /** How the names begin. `user_count` needs a prefix that begins with `presence-`. Default: all channels. */
  readonly prefix?: string | undefined
}

const queryNames: Record<keyof ChannelQuery, true> = { info: true }
const listQueryNames: Record<keyof ChannelsQuery, true> = { ...queryNames, prefix: true }
const knownCounts: Record<ChannelCount, true> = { user_count: true, subscription_count: true }

/** Every channel that anybody is on, by its name. */
export async function askChannels<Count extends ChannelCount>(
  caller: ApiCaller,
  query: ChannelsQuery<Count>,
  options: CallOptions,
): Promise<Record<string, ChannelInfo<Count>>> {
  assertOptions(query, 'query', listQueryNames)
  const { prefix } = query
  if (prefix !== undefined) assertChannel(prefix, 'query.prefix')
  const info = countsOf(query, prefix ?? '', 'with a prefix that begins with presence-')
  return caller.ask(
    {
      name: 'listChannels()',
      method: 'GET',
      path: '/channels',
      query: { ...(prefix !== undefined && { filter_by_prefix: prefix }), ...infoParameter(info) },
    },
    (answer) => {
      const channels = isRecord(answer) ? ownProperty(answer, 'channels') : undefined
      if (!isRecord(channels)) return undefined
      // Without a prototype: `toString` may be a channel, and where it is none it is not to be found here.
      const byName: Record<string, ChannelInfo<Count>> = Object.create(null)
      for (const [name, channel] of Object.entries(channels)) {
        const counts = countedIn(channel, info)
        if (counts === undefined) return undefined
        byName[name] = counts
      }
      return byName
    },
    options,
  )
}

/** One channel, whether anybody is on it or not. */
export async function askChannel<Count extends ChannelCount>(
  caller: ApiCaller,
  name: string,
  query: ChannelQuery<Count>,
  options: CallOptions,
): Promise<ChannelState<Count>> {
  const path = channelPath(name)
  assertOptions(query, 'query', queryNames)
  const info = countsOf(query, name, 'for a presence- channel')
  return caller.ask(
    { name: 'getChannel()', method: 'GET', path, query: infoParameter(info) },
    (answer) => {
      const counts = countedIn(answer, info)
      const occupied = isRecord(answer) ? ownProperty(answer, 'occupied') : undefined
      return counts === undefined || typeof occupied !== 'boolean' ? undefined : { ...counts, occupied }
    },
    options,
  )
}

function countsOf<Count extends ChannelCount>(
  { info = [] }: ChannelQuery<Count>,
  beginning: string,
  where: string,
): readonly Count[] {
  if (!Array.isArray(info)) throw invalidArgument('query.info', `must be an array (got ${describeType(info)})`)
  if (!info.every((name) => typeof name === 'string' && Object.hasOwn(knownCounts, name)))
    throw invalidArgument('query.info', `knows ${Object.keys(knownCounts).join(', ')}`)
  if (info.includes('user_count') && !beginning.startsWith('presence-'))
    throw invalidArgument('query.info', `can hold user_count only ${where}`)
  return [...new Set<Count>(info)]
}

function infoParameter(info: readonly ChannelCount[]): { info?: string } {
  return info.length === 0 ? {} : { info: info.join(',') }
}

/** The counts of what the service says of a channel; `undefined` if one of them is missing or is no count. */
function countedIn<Count extends ChannelCount>(said: unknown, info: readonly Count[]): ChannelInfo<Count> | undefined {
  if (!isRecord(said)) return undefined
  const counts = info.map((name) => [name, ownProperty(said, name)] as const)
  if (!counts.every(([, count]) => Number.isSafeInteger(count) && (count as number) >= 0)) return undefined
  return Object.fromEntries(counts) as ChannelInfo<Count>
}

/**
 * Where a channel is, below the app's own path. Its alphabet has nothing that a path escapes (RFC 3986, section 3.3).
 * @throws {TypeError}
 */
export function channelPath(name: unknown): string {
  assertChannel(name, 'name')
  if (isDots(name)) throw invalidArgument('name', 'must not be . or ..: there is no path to such a channel')
  return `/channels/${name}`
}

/** The ids of a presence channel's members. */
export async function askMembers(caller: ApiCaller, name: string, options: CallOptions): Promise<string[]> {
  const path = `${channelPath(name)}/users`
  if (channelKind(name) !== 'presence')
    throw invalidArgument('name', 'must be presence- and a name: only such a channel has members')
  return caller.ask({ name: 'listMembers()', method: 'GET', path }, readIds, options)
}

function readIds(answer: unknown): string[] | undefined {
  const users = isRecord(answer) ? ownProperty(answer, 'users') : undefined
  if (!Array.isArray(users)) return undefined
  const ids = users.map((user: unknown) => (isRecord(user) ? ownProperty(user, 'id') : undefined))
  // A member may be signed in with a number, which some services keep as it is.
  return ids.every((id) => typeof id === 'string' || Number.isSafeInteger(id)) ? ids.map(String) : undefined
}

/** Ends the connections of a signed-in user. */
export async function terminateConnections(caller: ApiCaller, userId: string, options: CallOptions): Promise<void> {
  assertUserId(userId, 'userId')
  const path = `/users/${encodeURIComponent(userId)}/terminate_connections`
  await caller.send({ name: 'terminateUserConnections()', method: 'POST', path, body: '{}' }, options)
}

/** Options of {@link PingerchipsServer.request}. */
export interface RequestOptions extends CallOptions {
  /** Query parameters by name: a-z, 0-9 and `_`, not `auth_…` or `body_md5`. Default: none. */
  readonly query?: Readonly<Record<string, string | number | boolean>> | undefined
  /** Any JSON. Only with `POST`. Default: none; a `POST` then sends `{}`. */
  readonly body?: unknown
}

const requestOptionNames: Record<keyof RequestOptions, true> = {
  query: true,
  body: true,
  signal: true,
  timeout: true,
  deadline: true,
}

/** A request that has no method of its own. */
export async function sendRequest(
  caller: ApiCaller,
  method: 'GET' | 'POST',
  path: string,
  options: RequestOptions,
): Promise<unknown> {
  if (method !== 'GET' && method !== 'POST') throw invalidArgument('method', "must be 'GET' or 'POST'")
  assertPath(path)
  assertOptions(options, 'options', requestOptionNames)
  const { query = {}, body, ...call } = options
  assertQuery(query)
  if (method === 'GET' && body !== undefined) throw invalidArgument('options.body', 'must be left out of a GET')
  const text = method === 'GET' ? undefined : jsonText(body ?? {}, 'options.body')
  const parameters = Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)]))
  const repeat = method === 'GET' ? {} : { isRepeatable: false }
  return caller.ask(
    { name: 'request()', method, path, query: parameters, ...(text !== undefined && { body: text }), ...repeat },
    (response) => response,
    call,
  )
}

/** RFC 3986, section 3.3. Dots would be resolved by the HTTP client, which then sends another path than the signed one. */
function assertPath(path: unknown): asserts path is string {
  const isPath = typeof path === 'string' && /^(\/([A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})+)+$/.test(path)
  if (!isPath || path.split('/').some((segment) => isDots(segment.replaceAll(/%2e/gi, '.'))))
    throw invalidArgument(
      'path',
      `must begin with a slash and have no query, no empty segment and no . or .. (received ${describeInvalidString(path)})`,
    )
}

function assertQuery(query: unknown): void {
  if (!isRecord(query)) throw invalidArgument('options.query', `must be an object (received ${describeType(query)})`)
  for (const [name, value] of Object.entries(query)) {
    if (!/^[a-z0-9_]{1,100}$/.test(name) || /^(auth_|body_md5$)/.test(name))
      throw invalidArgument('options.query', 'must have names of a-z, 0-9 and _, not auth_… or body_md5')
    const isText = typeof value === 'string' && value.isWellFormed()
    if (!isText && typeof value !== 'boolean' && !Number.isFinite(value))
      throw invalidArgument(
        `options.query.${name}`,
        `must be a string, number or boolean (received ${describeType(value)})`,
      )
  }
}
