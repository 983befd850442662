import { describeType, invalidArgument } from '../errors.ts'
import { isRecord, ownProperty } from '../json.ts'
import { assertChannel } from '../names.ts'
import { assertOptions } from '../options.ts'
import type { CallOptions } from '../trigger/trigger-options.ts'
import type { ApiCaller } from './caller.ts'
import { channelPath } from './channel-path.ts'

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
