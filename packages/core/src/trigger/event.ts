import { exceedsBytes } from '../bytes.ts'
import { invalidArgument } from '../errors.ts'
import { jsonText } from '../json.ts'
import { assertChannel, assertEventName, assertNotEncrypted, assertSocketId } from '../names.ts'
import type { OutgoingEvent, WireProtocol } from './protocol.ts'

const maxChannels = 100
const maxDataBytes = 64 * 1024

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
  assertEventName(event, 'event')
  const text = jsonText(data, 'data')
  if (exceedsBytes(text, maxDataBytes))
    throw invalidArgument('data', `must be at most 64 KB (${maxDataBytes} bytes) as UTF-8 JSON`)
  if (socketId !== undefined) {
    assertSocketId(socketId, 'options.socketId')
    if (!protocol.excludesSocket)
      throw invalidArgument(
        'options.socketId',
        `cannot leave a connection out over the ${protocol.name} protocol; construct the client with protocol: 'pusher'`,
      )
  }
  return { channels, event, data: text, socketId }
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
