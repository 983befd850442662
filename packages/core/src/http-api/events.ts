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
import { notSupportedBy, type OutgoingEvent, type ProtocolFeatures } from './protocols/protocol.ts'

const maxChannels = 100
const maxDataBytes = 64 * 1024
const maxSealedBytes = maxPlaintextBytes(maxDataBytes)

/** One event of a batch. */
export interface BatchEvent {
  /** One name: as in {@link PingerchipsServer.trigger}. */
  readonly channel: string
  /** Its name, 1 to 200 characters. */
  readonly event: string
  /** Any JSON: as in {@link PingerchipsServer.trigger}. */
  readonly data: unknown
  /** As in {@link TriggerOptions}. */
  readonly socketId?: string | undefined
}

/**
 * Checks what a caller wants to trigger, and writes its data.
 * @throws {TypeError} naming the argument, before anything is sent
 */
export function outgoingEvent(
  protocol: ProtocolFeatures,
  channel: string | readonly string[],
  event: string,
  data: unknown,
  socketId: string | undefined,
): OutgoingEvent {
  const channels = channelList(channel)
  return checked(protocol, channels, event, data, socketId, '', 'options.')
}

/** @throws {TypeError} as {@link outgoingEvent} */
export function outgoingUserEvent(
  protocol: ProtocolFeatures,
  userId: string,
  event: string,
  data: unknown,
  socketId: string | undefined,
): OutgoingEvent {
  if (protocol.name !== 'pusher') throw notSupportedBy(protocol.name, 'sendToUser()')
  assertUserId(userId, 'userId')
  return checked(protocol, [userChannel(userId)], event, data, socketId, '', 'options.')
}

const batchKeys: Record<keyof BatchEvent, true> = { channel: true, event: true, data: true, socketId: true }

/** @throws {TypeError} naming the event and what of it is malformed, before anything is sent */
export function outgoingBatch(protocol: ProtocolFeatures, events: readonly BatchEvent[]): OutgoingEvent[] {
  if (!Array.isArray(events)) throw invalidArgument('events', `must be an array (got ${describeType(events)})`)
  // A hole in it is an event that is missing, which `map` would pass over.
  return Array.from(events, (given: BatchEvent, index) => {
    const name = `events[${index}]`
    assertOptions(given, name, batchKeys)
    const { channel, event, data, socketId } = given
    assertChannel(channel, `${name}.channel`)
    return checked(protocol, [channel], event, data, socketId, `${name}.`, `${name}.`)
  })
}

function checked(
  protocol: ProtocolFeatures,
  channels: readonly string[],
  event: string,
  data: unknown,
  socketId: string | undefined,
  at: string,
  optionsAt: string,
): OutgoingEvent {
  assertEventName(event, `${at}event`)
  const isEncrypted = channels.some((name) => channelKind(name) === 'encrypted')
  if (isEncrypted) assertCanSeal(protocol, channels, event, `${at}channel`)
  const text = jsonText(data, `${at}data`)
  if (isLongerThan(text, maxDataBytes))
    throw invalidArgument(`${at}data`, `must be at most 64 KB (${maxDataBytes} bytes) as UTF-8 JSON`)
  if (isEncrypted && isLongerThan(text, maxSealedBytes))
    throw invalidArgument(
      `${at}data`,
      `must be at most ${maxSealedBytes} bytes as UTF-8 JSON on an encrypted channel: sealed, those are 64 KB`,
    )
  if (socketId !== undefined) {
    assertSocketId(socketId, `${optionsAt}socketId`)
    if (!protocol.canExcludeSocket)
      throw invalidArgument(
        `${optionsAt}socketId`,
        `cannot leave a connection out over the ${protocol.name} protocol; construct the client with protocol: 'pusher'`,
      )
  }
  return { channels, isEncrypted, event, data: text, socketId, id: eventId() }
}

/** @throws {PingerchipsError} `encryption_key_missing`, before anything is sent */
function assertCanSeal(protocol: ProtocolFeatures, channels: readonly string[], event: string, argument: string): void {
  if (protocol.channelKeys === undefined)
    throw invalidArgument(
      argument,
      `cannot be a private-encrypted- channel over the ${protocol.name} protocol; construct the client with protocol: 'pusher'`,
    )
  if (channels.length > 1)
    throw invalidArgument(
      argument,
      'must be one name where it is a private-encrypted- channel: each has a key of its own',
    )
  protocol.channelKeys.assertPresent('trigger', { channels, event })
}

/** The channels without repeats: a list of recipients may name one twice, and means one event all the same. */
function channelList(channel: unknown): readonly string[] {
  if (!Array.isArray(channel)) {
    assertChannel(channel, 'channel')
    return [channel]
  }
  if (channel.length === 0 || channel.length > maxChannels)
    throw invalidArgument('channel', `must be one name or 1 to ${maxChannels} names (got ${channel.length})`)
  const names = new Set<string>()
  for (const [index, name] of channel.entries()) {
    assertChannel(name, `channel[${index}]`)
    names.add(name)
  }
  return [...names]
}

let prefix: string | undefined
let count = 0

/** An id that no other event has: one UUID for all of a process, and a count. A UUID for each costs ten times as much. */
export function eventId(): string {
  // Not sooner: Workers have no randomness before a request.
  prefix ??= crypto.randomUUID()
  return `${prefix}-${++count}`
}
