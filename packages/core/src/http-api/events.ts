import { describeType, invalidArgument } from '../errors.ts'
import { isLongerThan } from '../internal/bytes.ts'
import { jsonText } from '../internal/json.ts'
import {
  assertChannel,
  assertEventName,
  assertOptions,
  assertSocketId,
  assertUserId,
  channelKind,
  userChannel,
} from '../internal/validate.ts'
import { maxPlaintextBytes } from '../signing/encrypted-channels.ts'
import { maxPendingCalls, maxPendingSize } from '../transport/backlog.ts'
import { assertCounts } from './counts.ts'
import { type ChannelCount, notSupportedBy, type OutgoingEvent, type ProtocolFeatures } from './protocols/protocol.ts'

const maxChannels = 100
const maxDataBytes = 64 * 1024
const maxEncryptedBytes = maxPlaintextBytes(maxDataBytes)

/** One event of a batch. */
export interface BatchEvent {
  /** One channel name: as in {@link PingerchipsServer.trigger}. */
  readonly channel: string
  /** The event name, 1 to 200 characters. */
  readonly event: string
  /** Any JSON: as in {@link PingerchipsServer.trigger}. */
  readonly data: unknown
  /** As in {@link TriggerOptions}. */
  readonly socketId?: string | undefined
  /** As in {@link TriggerOptions}. */
  readonly info?: readonly ChannelCount[] | undefined
}

/** Options of one event. */
interface EventOptions {
  readonly socketId?: string | undefined
  readonly info?: readonly ChannelCount[] | undefined
}

/** Validated events of a batch. */
export interface OutgoingBatch {
  readonly events: readonly OutgoingEvent[]
  /** How many of them, from the first on, have their data: the others exceed what a client can hold, and are not sent. */
  readonly kept: number
}

/**
 * Validates an event and writes its data as JSON.
 * @param isFull whether the event will be refused as `overloaded`: its data is then not written
 * @throws {TypeError} naming the argument, before anything is sent
 */
export function outgoingEvent(
  protocol: ProtocolFeatures,
  channel: string | readonly string[],
  event: string,
  data: unknown,
  options: EventOptions,
  isFull: boolean,
): OutgoingEvent {
  return checked(protocol, channelList(channel), event, data, options, '', 'options.', isFull)
}

/** @throws {TypeError} as {@link outgoingEvent} */
export function outgoingUserEvent(
  protocol: ProtocolFeatures,
  userId: string,
  event: string,
  data: unknown,
  options: EventOptions,
  isFull: boolean,
): OutgoingEvent {
  if (protocol.name !== 'pusher') throw notSupportedBy(protocol.name, 'sendToUser()')
  assertUserId(userId, 'userId')
  return checked(protocol, [userChannel(userId)], event, data, options, '', 'options.', isFull)
}

const batchKeys: Record<keyof BatchEvent, true> = { channel: true, event: true, data: true, socketId: true, info: true }

/** @throws {TypeError} naming the event and its malformed property, before anything is sent */
export function outgoingBatch(
  protocol: ProtocolFeatures,
  events: readonly BatchEvent[],
  isFull: boolean,
): OutgoingBatch {
  if (!Array.isArray(events)) throw invalidArgument('events', `must be an array (received ${describeType(events)})`)
  let size = 0
  let kept = 0
  // `map` would skip the holes of an array: a hole is a missing event.
  const outgoing = Array.from(events, (given: BatchEvent, index) => {
    const name = `events[${index}]`
    assertOptions(given, name, batchKeys)
    const { channel, event, data } = given
    assertChannel(channel, `${name}.channel`)
    const isRefused = isFull || index >= maxPendingCalls || size >= maxPendingSize
    const one = checked(protocol, [channel], event, data, given, `${name}.`, `${name}.`, isRefused)
    size += one.data.length
    if (!isRefused) kept++
    return one
  })
  return { events: outgoing, kept }
}

function checked(
  protocol: ProtocolFeatures,
  channels: readonly string[],
  event: string,
  data: unknown,
  { socketId, info }: EventOptions,
  at: string,
  optionsAt: string,
  isRefused: boolean,
): OutgoingEvent {
  assertEventName(event, `${at}event`)
  const isEncrypted = channels.some((name) => channelKind(name) === 'encrypted')
  if (isEncrypted) assertCanEncrypt(protocol, channels, event, `${at}channel`)
  const text = isRefused ? '' : jsonText(data, `${at}data`)
  if (isLongerThan(text, maxDataBytes))
    throw invalidArgument(`${at}data`, `must be at most 64 KB (${maxDataBytes} bytes) as UTF-8 JSON`)
  if (isEncrypted && isLongerThan(text, maxEncryptedBytes))
    throw invalidArgument(
      `${at}data`,
      `must be at most ${maxEncryptedBytes} bytes as UTF-8 JSON on an encrypted channel, which are 64 KB when encrypted`,
    )
  if (socketId !== undefined) {
    assertSocketId(socketId, `${optionsAt}socketId`)
    if (!protocol.canExcludeSocket) throw requiresPusher(`${optionsAt}socketId`, protocol)
  }
  const counts = info === undefined ? none : countsToReturn(protocol, channels, info, `${optionsAt}info`)
  return { channels, isEncrypted, event, data: text, socketId, info: counts, id: eventId() }
}

const none: readonly ChannelCount[] = []

function countsToReturn(
  protocol: ProtocolFeatures,
  channels: readonly string[],
  info: readonly ChannelCount[],
  argument: string,
): readonly ChannelCount[] {
  const counts = assertCounts(info, argument)
  if (counts.length > 0 && !protocol.hasInfo) throw requiresPusher(argument, protocol)
  if (counts.includes('user_count') && !channels.every((name) => channelKind(name) === 'presence'))
    throw invalidArgument(argument, 'can contain user_count only for presence- channels')
  return counts
}

function requiresPusher(argument: string, { name }: ProtocolFeatures): TypeError {
  return invalidArgument(argument, `is not supported by the ${name} protocol. Set protocol: 'pusher'`)
}

/** @throws {PingerchipsError} `encryption_key_missing`, before anything is sent */
function assertCanEncrypt(
  protocol: ProtocolFeatures,
  channels: readonly string[],
  event: string,
  argument: string,
): void {
  if (protocol.channelKeys === undefined)
    throw invalidArgument(
      argument,
      `must not be a private-encrypted- channel with the ${protocol.name} protocol. Set protocol: 'pusher'`,
    )
  if (channels.length > 1)
    throw invalidArgument(argument, 'must be one name if it is a private-encrypted- channel: each has its own key')
  protocol.channelKeys.assertPresent('trigger()', { channels, event })
}

/** The channels without repetitions: a list of recipients can name a channel twice. */
function channelList(channel: unknown): readonly string[] {
  if (!Array.isArray(channel)) {
    assertChannel(channel, 'channel')
    return [channel]
  }
  if (channel.length === 0 || channel.length > maxChannels)
    throw invalidArgument('channel', `must be one name or 1 to ${maxChannels} names (received ${channel.length})`)
  const names = new Set<string>()
  for (const [index, name] of channel.entries()) {
    assertChannel(name, `channel[${index}]`)
    names.add(name)
  }
  return [...names]
}

/** A unique id for an event. Called late: Workers have no randomness outside a request. */
export function eventId(): string {
  return crypto.randomUUID()
}
