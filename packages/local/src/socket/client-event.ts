import { channelFrame } from '../frame.ts'
import { jsonText } from '../json.ts'
import { channelKind, dataLimit, isChannel, isEventName, nameLimit } from '../names.ts'
import type { Connection } from './connection.ts'
import { ProtocolError } from './protocol-error.ts'
import type { Frame } from './read-frame.ts'

/** `client-…`: to all others on a private or presence channel that the client is on, its data as it came. */
export function relayClientEvent(connection: Connection, { event, channel, data = null }: Frame): void {
  const { app, socketId } = connection
  const { channels } = app
  if (!isChannel(channel)) throw rejected('invalid channel name')
  const kind = channelKind(channel)
  if (kind !== 'private' && kind !== 'presence') throw rejected('only supported on private and presence channels')
  if (!channels.has(channel, connection)) throw rejected(`not subscribed to channel ${channel}`)
  if (!isEventName(event)) throw rejected(`the name is longer than ${nameLimit} characters`)
  const dataText = jsonText(data)
  if (dataText === undefined || Buffer.byteLength(dataText) > dataLimit)
    throw rejected(`the data is larger than ${dataLimit} bytes, or nested too deep`)
  if (!connection.clientEventLimit.take(1)) throw rejected('rate limit exceeded', 4301)

  const userId = channels.memberOf(channel, connection)?.id
  const receivers = channels.send(channel, channelFrame(event, channel, dataText, userId), socketId)
  const text = typeof data === 'string' ? data : dataText
  app.log(() => ({ type: 'event', channels: [channel], event, data: text, receivers, socketId }))
}

function rejected(reason: string, code: number | null = null): ProtocolError {
  return new ProtocolError(`Client event rejected: ${reason}`, code)
}
