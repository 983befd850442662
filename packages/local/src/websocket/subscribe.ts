import { subscriptionGuesses } from '../explain/subscription.ts'
import { cacheMissFrame } from '../protocol/frames.ts'
import { isRecord, parseJson } from '../protocol/json.ts'
import { channelKind, isCacheChannel, isTarget, userChannel } from '../protocol/names.ts'
import type { Member } from '../state/channels.ts'
import type { Connection } from '../state/connections.ts'
import type { LoggedMember } from '../state/log-event.ts'
import type { RunningApp } from '../state/running-app.ts'
import { presenceMember } from './presence-member.ts'
import { type Frame, ProtocolError } from './read-frame.ts'
import { type AuthProblem, authProblem } from './verify-auth.ts'

/** Handles `pusher:subscribe`. */
export function subscribe(app: RunningApp, connection: Connection, frame: Frame): void {
  const { channels, log } = app
  const { socketId } = connection
  const fields = isRecord(frame.data) ? frame.data : {}
  const { channel } = fields
  if (!isTarget(channel)) throw new ProtocolError('Invalid channel name')
  if (channels.has(channel, connection)) throw new ProtocolError(`Existing subscription to channel ${channel}`)

  const kind = channelKind(channel)
  const decision = decide(app, connection, channel, fields)
  if ('member' in decision) {
    const cached = isCacheChannel(channel) ? app.cache.get(channel) : undefined
    const isMiss = isCacheChannel(channel) && cached === undefined
    channels.join(channel, connection, decision.member, isMiss ? cacheMissFrame(channel) : cached?.frame)
    if (isMiss) app.notify({ name: 'cache_miss', channel })
    log(() => ({ type: 'subscribed', socketId, channel, kind, member: logged(decision.member) }))
    return
  }
  const { reason, explain, type = 'AuthError', status = 401 } = decision
  log(() => ({ type: 'subscription_refused', socketId, channel, kind, reason, explanation: explain?.() }))
  const data = { type, error: reason, status }
  connection.send(JSON.stringify({ event: 'pusher:subscription_error', channel, data }))
}

/** Handles `pusher:unsubscribe`. */
export function unsubscribe(app: RunningApp, connection: Connection, { data }: Frame): void {
  const channel = isRecord(data) ? data.channel : undefined
  if (!isTarget(channel)) throw new ProtocolError('Invalid channel name')
  const { socketId } = connection
  if (!app.channels.leave(channel, connection)) throw new ProtocolError(`No current subscription to channel ${channel}`)
  app.log(() => ({ type: 'unsubscribed', socketId, channel }))
}

type Decision = { readonly member: Member | undefined } | AuthProblem

type Fields = Readonly<Record<string, unknown>>

function decide(app: RunningApp, connection: Connection, channel: string, fields: Fields): Decision {
  const kind = channelKind(channel)
  if (kind === 'public') return { member: undefined }
  if (kind === 'user') return decideUser(app, connection, channel)
  const problem = channelProblem(app, connection, channel, fields)
  if (problem !== undefined) return problem
  if (kind !== 'presence') return { member: undefined }
  return presenceMember(app, connection, channel, fields)
}

/** The channel of a user is open to connections that are signed in with that id. No signature opens it to others. */
function decideUser(app: RunningApp, connection: Connection, channel: string): Decision {
  const id = app.users.idOf(connection)
  if (id !== undefined && channel === userChannel(id)) return { member: undefined }
  const now = id === undefined ? 'is not signed in: call pusher.signin() first' : `is signed in as ${id}`
  return {
    reason: 'This channel needs a sign-in as its user',
    explain: () => ({ text: `The connection ${now}.` }),
  }
}

/** Verifies the app's authorization of a channel. Returns `undefined` if it is valid. */
function channelProblem(
  app: RunningApp,
  { socketId }: Connection,
  channel: string,
  { auth, channel_data: channelData, user_data: userData }: Fields,
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
  'The client forwarded no channel_data, which a presence channel needs. Either the auth endpoint signed channel_data ' +
  'and it got lost (return it beside auth; a custom handler must pass it on), or PINGERCHIPS_APP_SECRET of the app ' +
  'differs from that of this service.'

const privateWithoutText =
  'Either the auth endpoint signed a member and the client did not forward the signed text (pusher-js forwards only ' +
  'channel_data, pingerchips-js only user_data: return both), or PINGERCHIPS_APP_SECRET of the app differs from that ' +
  'of this service.'

function logged(member: Member | undefined): LoggedMember | undefined {
  return member && { user_id: member.id, user_info: parseJson(member.info) }
}
