import { channelFrame } from '../protocol/frames.ts'
import { jsonText } from '../protocol/json.ts'
import { channelKind, dataLimit, isChannel, isEventName, nameLimit } from '../protocol/names.ts'
import type { Connection } from '../state/connections.ts'
import type { RunningApp } from '../state/running-app.ts'
import { type Frame, ProtocolError } from './read-frame.ts'

/** Handles `client-…`: relays the event to all other subscribers of the channel, its data unchanged. */
export function relayClientEvent(
  app: RunningApp,
  connection: Connection,
  { event, channel, data = null }: Frame,
): void {
  const { channels } = app
  const { socketId } = connection
  const { clientEvents, publicClientEvents } = app.settings
  if (!clientEvents) throw rejected('client events are off for this app')
  if (!isChannel(channel)) throw rejected('invalid channel name')
  const kind = channelKind(channel)
  if (kind === 'encrypted') throw rejected('not supported on encrypted channels')
  if (kind === 'public' && !publicClientEvents) throw rejected('only supported on private and presence channels')
  if (!channels.has(channel, connection)) throw rejected(`not subscribed to channel ${channel}`)
  if (!isEventName(event)) throw rejected(`the name is longer than ${nameLimit} characters`)
  const dataText = jsonText(data)
  if (dataText === undefined || Buffer.byteLength(dataText) > dataLimit)
    throw rejected(`the data is larger than ${dataLimit} bytes, or nested too deeply`)
  if (!connection.clientEventLimit.take(1)) throw rejected('rate limit exceeded', 4301)

  const userId = channels.memberOf(channel, connection)?.id
  const receivers = channels.send(channel, channelFrame(event, channel, dataText, userId), socketId)
  const text = typeof data === 'string' ? data : dataText
  const from = { socket_id: socketId, ...(userId !== undefined && { user_id: userId }) }
  app.notify({ name: 'client_event', channel, event, data: text, ...from })
  app.log(() => ({ type: 'event', channels: [channel], event, data: text, receivers, socketId }))
}

function rejected(reason: string, code: number | null = null): ProtocolError {
  return new ProtocolError(`Client event rejected: ${reason}`, code)
}
