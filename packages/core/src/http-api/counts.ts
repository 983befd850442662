import { describeType, invalidArgument } from '../errors.ts'
import { isRecord, ownProperty } from '../internal/json.ts'
import type { ChannelCount } from './protocols/protocol.ts'

/** The requested counts of a channel. */
export type ChannelInfo<Count extends ChannelCount = ChannelCount> = { readonly [Name in Count]: number }

const knownCounts: Record<ChannelCount, true> = { user_count: true, subscription_count: true }

/**
 * Validates a list of counts.
 * @returns the counts without repetitions
 * @throws {TypeError} naming `argument`
 */
export function assertCounts<Count extends ChannelCount>(info: readonly Count[], argument: string): readonly Count[] {
  if (!Array.isArray(info)) throw invalidArgument(argument, `must be an array (received ${describeType(info)})`)
  if (!info.every((name) => typeof name === 'string' && Object.hasOwn(knownCounts, name)))
    throw invalidArgument(argument, `must contain only ${Object.keys(knownCounts).join(', ')}`)
  return [...new Set<Count>(info)]
}

/** Counts as the service takes them, a comma list; `undefined` for none. */
export function infoParameter(info: readonly ChannelCount[]): string | undefined {
  return info.length === 0 ? undefined : info.join(',')
}

/** The requested counts in what the service returned of a channel; `undefined` if one is missing or is no count. */
export function countsIn<Count extends ChannelCount>(
  channel: unknown,
  info: readonly Count[],
): ChannelInfo<Count> | undefined {
  if (!isRecord(channel)) return undefined
  const counts = info.map((name) => [name, ownProperty(channel, name)] as const)
  if (!counts.every(([, count]) => Number.isSafeInteger(count) && (count as number) >= 0)) return undefined
  return Object.fromEntries(counts) as ChannelInfo<Count>
}

/**
 * The requested counts of each channel in a response.
 * @param isComplete whether every channel must have all of them; otherwise those that have not are omitted
 * @returns an object without a prototype, since a channel can be named `toString`; `undefined` for another response
 */
export function countsByChannel<Count extends ChannelCount>(
  response: unknown,
  info: readonly Count[],
  isComplete: boolean,
): Record<string, ChannelInfo<Count>> | undefined {
  const channels = isRecord(response) ? ownProperty(response, 'channels') : undefined
  if (!isRecord(channels)) return undefined
  const byName: Record<string, ChannelInfo<Count>> = Object.create(null)
  for (const [name, channel] of Object.entries(channels)) {
    const counts = countsIn(channel, info)
    if (counts !== undefined) byName[name] = counts
    else if (isComplete) return undefined
  }
  return byName
}
