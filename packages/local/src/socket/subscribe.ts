import type { Member } from '../channels.ts'
import { isRecord, jsonText, parseJson } from '../json.ts'
import type { LoggedMember } from '../log/entry.ts'
import { channelKind, isTarget, userChannel } from '../names.ts'
import { authProblem } from './auth-problem.ts'
import type { Connection } from './connection.ts'
import { ProtocolError } from './protocol-error.ts'
import type { Frame } from './read-frame.ts'

/** `pusher:subscribe` */
export function subscribe(connection: Connection, frame: Frame): void {
  const { app, socketId } = connection
  const { channels, log } = app
  const fields = isRecord(frame.data) ? frame.data : {}
  const { channel } = fields
  if (!isTarget(channel)) throw new ProtocolError('Invalid channel name')
  if (channels.has(channel, connection)) throw new ProtocolError(`Existing subscription to channel ${channel}`)

  const kind = channelKind(channel)
  const decision = decide(connection, channel, fields)
  if ('member' in decision) {
    channels.join(channel, connection, decision.member)
    log(() => ({ type: 'subscribed', socketId, channel, kind, member: logged(decision.member) }))
    return
  }
  log(() => ({ type: 'subscription_refused', socketId, channel, kind, reason: decision.problem }))
  const data = { type: 'AuthError', error: decision.problem, status: 401 }
  connection.send(JSON.stringify({ event: 'pusher:subscription_error', channel, data }))
}

/** `pusher:unsubscribe` */
export function unsubscribe(connection: Connection, { data }: Frame): void {
  const channel = isRecord(data) ? data.channel : undefined
  if (!isTarget(channel)) throw new ProtocolError('Invalid channel name')
  const { app, socketId } = connection
  if (!app.channels.leave(channel, connection)) throw new ProtocolError(`No current subscription to channel ${channel}`)
  app.log(() => ({ type: 'unsubscribed', socketId, channel }))
}

type Decision = { readonly member: Member | undefined } | { readonly problem: string }

function decide(connection: Connection, channel: string, fields: Readonly<Record<string, unknown>>): Decision {
  const kind = channelKind(channel)
  if (kind === 'public') return { member: undefined }
  if (kind === 'user') return decideUser(connection, channel)
  const problem = channelProblem(connection, channel, fields)
  if (problem !== undefined) return { problem }
  if (kind !== 'presence') return { member: undefined }
  const member = toMember(fields.channel_data)
  return member ? { member } : { problem: 'A presence channel needs channel_data: JSON of an object with a user_id' }
}

/** The channel of a user is open to whoever signed in with that id; no signature of the app opens it to another. */
function decideUser(connection: Connection, channel: string): Decision {
  const id = connection.app.users.idOf(connection)
  if (id !== undefined && channel === userChannel(id)) return { member: undefined }
  return { problem: 'This channel needs a sign-in as its user' }
}

/** Why the app's authorization does not let the connection in; `undefined` if it does. */
function channelProblem(
  { app, socketId }: Connection,
  channel: string,
  { auth, channel_data: channelData, user_data: userData }: Readonly<Record<string, unknown>>,
): string | undefined {
  const text = channelData ?? userData ?? undefined
  if (text !== undefined && typeof text !== 'string') return 'channel_data and user_data must be text'
  return text === undefined
    ? authProblem(app, auth, `${socketId}:${channel}`, 'SOCKET:CHANNEL')
    : authProblem(app, auth, `${socketId}:${channel}:${text}`, 'SOCKET:CHANNEL:DATA')
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

function logged(member: Member | undefined): LoggedMember | undefined {
  return member && { user_id: member.id, user_info: parseJson(member.info) }
}
