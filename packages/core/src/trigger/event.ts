import { exceedsBytes } from '../bytes.ts'
import { invalidArgument, typeName } from '../errors.ts'
import { jsonText } from '../json.ts'
import { assertChannel, assertEventName, assertNotEncrypted, assertSocketId } from '../names.ts'
import { assertOptions } from '../options.ts'
import type { OutgoingEvent, WireProtocol } from './protocol.ts'

const maxChannels = 100
const maxDataBytes = 64 * 1024

/** One event of a batch. */
export interface BatchEvent {
  /** One name: as in {@link PingerchipsServer.trigger}. */
  readonly channel: string
  /** Its name, 1 to 200 characters. */
  readonly event: string
  /** Any JSON, at most 64 KB as UTF-8. */
  readonly data: unknown
  /** As in {@link TriggerOptions}. */
  readonly socketId?: string | undefined
}

/**
 * Checks what a caller wants to trigger, and writes its data.
 * @throws {TypeError} naming the argument, before anything is sent
 */
export function outgoingEvent(
  protocol: WireProtocol,
  channel: string | readonly string[],
  event: string,
  data: unknown,
  socketId: string | undefined,
): OutgoingEvent {
  const channels = channelList(channel)
  return { channels, ...checked(protocol, event, data, socketId, '', 'options.'), id: crypto.randomUUID() }
}

const batchKeys: Record<keyof BatchEvent, true> = { channel: true, event: true, data: true, socketId: true }

/** @throws {TypeError} naming the event and what of it is malformed, before anything is sent */
export function outgoingBatch(protocol: WireProtocol, events: readonly BatchEvent[]): OutgoingEvent[] {
  if (!Array.isArray(events)) throw invalidArgument('events', `must be an array (got ${typeName(events)})`)
  return events.map((given: BatchEvent, index) => {
    const name = `events[${index}]`
    assertOptions(given, name, batchKeys)
    const { channel, event, data, socketId } = given
    assertChannel(channel, `${name}.channel`)
    assertNotEncrypted(channel, `${name}.channel`)
    const rest = checked(protocol, event, data, socketId, `${name}.`, `${name}.`)
    return { channels: [channel], ...rest, id: crypto.randomUUID() }
  })
}

function checked(
  protocol: WireProtocol,
  event: string,
  data: unknown,
  socketId: string | undefined,
  at: string,
  optionsAt: string,
): Pick<OutgoingEvent, 'event' | 'data' | 'socketId'> {
  assertEventName(event, `${at}event`)
  const text = jsonText(data, `${at}data`)
  if (exceedsBytes(text, maxDataBytes))
    throw invalidArgument(`${at}data`, `must be at most 64 KB (${maxDataBytes} bytes) as UTF-8 JSON`)
  if (socketId !== undefined) {
    assertSocketId(socketId, `${optionsAt}socketId`)
    if (!protocol.excludesSocket)
      throw invalidArgument(
        `${optionsAt}socketId`,
        `cannot leave a connection out over the ${protocol.name} protocol; construct the client with protocol: 'pusher'`,
      )
  }
  return { event, data: text, socketId }
}

/** The channels without repeats: a list of recipients may name one twice, and means one event all the same. */
function channelList(channel: unknown): readonly string[] {
  if (!Array.isArray(channel)) {
    assertChannel(channel, 'channel')
    assertNotEncrypted(channel, 'channel')
    return [channel]
  }
  if (channel.length === 0 || channel.length > maxChannels)
    throw invalidArgument('channel', `must be one name or 1 to ${maxChannels} names (got ${channel.length})`)
  const names = new Set<string>()
  for (const [index, name] of channel.entries()) {
    assertChannel(name, `channel[${index}]`)
    assertNotEncrypted(name, `channel[${index}]`)
    names.add(name)
  }
  return [...names]
}
