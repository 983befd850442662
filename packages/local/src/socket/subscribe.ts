import type { Member } from '../channels.ts'
import { isRecord, jsonText, parseJson } from '../json.ts'
import { channelKind, isChannel } from '../names.ts'
import type { Connection } from './connection.ts'
import { ProtocolError } from './protocol-error.ts'
import type { Frame } from './read-frame.ts'

/** `pusher:subscribe` */
export function subscribe(connection: Connection, frame: Frame): void {
  const { channels } = connection.app
  const fields = isRecord(frame.data) ? frame.data : {}
  const { channel } = fields
  if (!isChannel(channel)) throw new ProtocolError('Invalid channel name')
  if (channels.has(channel, connection)) throw new ProtocolError(`Existing subscription to channel ${channel}`)

  const decision = decide(connection, channel, fields)
  if ('member' in decision) {
    channels.join(channel, connection, decision.member)
    return
  }
  const data = { type: 'AuthError', error: decision.problem, status: 401 }
  connection.send(JSON.stringify({ event: 'pusher:subscription_error', channel, data }))
}

/** `pusher:unsubscribe` */
export function unsubscribe(connection: Connection, { data }: Frame): void {
  const channel = isRecord(data) ? data.channel : undefined
  if (!isChannel(channel)) throw new ProtocolError('Invalid channel name')
  if (!connection.app.channels.leave(channel, connection))
    throw new ProtocolError(`No current subscription to channel ${channel}`)
}

type Decision = { readonly member: Member | undefined } | { readonly problem: string }

function decide(connection: Connection, channel: string, fields: Readonly<Record<string, unknown>>): Decision {
  const kind = channelKind(channel)
  if (kind === 'public') return { member: undefined }
  const problem = authProblem(connection, channel, fields)
  if (problem !== undefined) return { problem }
  if (kind !== 'presence') return { member: undefined }
  const member = toMember(fields.channel_data)
  return member ? { member } : { problem: 'A presence channel needs channel_data: JSON of an object with a user_id' }
}

/** What is wrong with `auth`, which must be `KEY:SIGNATURE`; `undefined` if nothing is. */
function authProblem(
  { app, socketId }: Connection,
  channel: string,
  { auth, channel_data: channelData, user_data: userData }: Readonly<Record<string, unknown>>,
): string | undefined {
  if (typeof auth !== 'string') return 'This channel needs an auth: KEY:SIGNATURE'
  if (!auth.startsWith(`${app.key}:`)) return 'The auth is not of the key that this connection uses'
  const text = channelData ?? userData ?? undefined
  if (text !== undefined && typeof text !== 'string') return 'channel_data and user_data must be text'
  const signed = text === undefined ? `${socketId}:${channel}` : `${socketId}:${channel}:${text}`
  if (app.verify(auth.slice(app.key.length + 1), signed)) return undefined
  const form = text === undefined ? 'SOCKET:CHANNEL' : 'SOCKET:CHANNEL:DATA'
  return `Invalid signature: it must be the lower-case hex HMAC-SHA256 of ${form} with the app secret`
}

/** The member that a presence channel's `channel_data` names. Ids are compared as text. */
function toMember(channelData: unknown): Member | undefined {
  const value = typeof channelData === 'string' ? parseJson(channelData) : undefined
  if (!isRecord(value)) return undefined
  const { user_id: userId, user_info: userInfo = null } = value
  const info = jsonText(userInfo)
  if ((typeof userId !== 'string' && typeof userId !== 'number') || userId === '' || info === undefined)
    return undefined
  return { id: String(userId), info }
}
