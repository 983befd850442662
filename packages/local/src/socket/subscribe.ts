import type { Member } from '../channels.ts'
import { subscriptionGuesses } from '../explain/subscription.ts'
import { isRecord, jsonText, parseJson } from '../json.ts'
import type { LoggedMember } from '../log/entry.ts'
import { channelKind, isTarget, userChannel } from '../names.ts'
import { type AuthProblem, authProblem } from './auth-problem.ts'
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
  const { reason, explain } = decision
  log(() => ({ type: 'subscription_refused', socketId, channel, kind, reason, explanation: explain?.() }))
  const data = { type: 'AuthError', error: reason, status: 401 }
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

type Decision = { readonly member: Member | undefined } | AuthProblem

function decide(connection: Connection, channel: string, fields: Readonly<Record<string, unknown>>): Decision {
  const kind = channelKind(channel)
  if (kind === 'public') return { member: undefined }
  if (kind === 'user') return decideUser(connection, channel)
  const problem = channelProblem(connection, channel, fields)
  if (problem !== undefined) return problem
  if (kind !== 'presence') return { member: undefined }
  const member = toMember(fields.channel_data)
  if (member !== undefined) return { member }
  const text =
    fields.channel_data === undefined && fields.user_data !== undefined
      ? 'The client forwarded user_data, and a presence channel takes its member from channel_data. Return the signed text as channel_data, as client.authenticate() does.'
      : 'The signature is valid, but no member is named. On a presence channel let authorize return { user_id, user_info } instead of true.'
  return {
    reason: 'A presence channel needs channel_data: JSON of an object with a user_id',
    explain: () => ({ text }),
  }
}

/** The channel of a user is open to whoever signed in with that id; no signature of the app opens it to another. */
function decideUser(connection: Connection, channel: string): Decision {
  const id = connection.app.users.idOf(connection)
  if (id !== undefined && channel === userChannel(id)) return { member: undefined }
  const now = id === undefined ? 'is not signed in: call pusher.signin() first' : `is signed in as ${id}`
  return {
    reason: 'This channel needs a sign-in as its user',
    explain: () => ({ text: `The connection ${now}.` }),
  }
}

/** Why the app's authorization does not let the connection in; `undefined` if it does. */
function channelProblem(
  { app, socketId }: Connection,
  channel: string,
  { auth, channel_data: channelData, user_data: userData }: Readonly<Record<string, unknown>>,
): AuthProblem | undefined {
  // pusher-js forwards only channel_data, pingerchips-js only user_data on a private channel.
  const data = channelData ?? userData ?? undefined
  if (data !== undefined && typeof data !== 'string') return { reason: 'channel_data and user_data must be text' }
  const otherData = typeof userData === 'string' && userData !== data ? userData : undefined
  const guesses = () => subscriptionGuesses({ app, socketId, channel, data, otherData })
  if (data !== undefined)
    return authProblem(app, auth, { signed: `${socketId}:${channel}:${data}`, form: 'SOCKET:CHANNEL:DATA', guesses })
  const otherwise = { presence: presenceWithoutText, private: privateWithoutText }[channelKind(channel) as string]
  return authProblem(app, auth, { signed: `${socketId}:${channel}`, form: 'SOCKET:CHANNEL', guesses, otherwise })
}

const presenceWithoutText =
  'The client forwarded no channel_data, which a presence channel needs. If the auth endpoint signed channel_data, it ' +
  'must return it beside auth, and a custom handler must pass it on. Otherwise compare PINGERCHIPS_APP_SECRET ' +
  'of the app with that of this service.'

const privateWithoutText =
  'The signature is not one of SOCKET:CHANNEL, and the client forwarded no other text. If the auth endpoint signed a ' +
  'member, it must return the signed text as channel_data and as user_data: pusher-js forwards only channel_data, ' +
  'pingerchips-js only user_data. If it signed no member, compare PINGERCHIPS_APP_SECRET of the app with that of this ' +
  'service.'

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
