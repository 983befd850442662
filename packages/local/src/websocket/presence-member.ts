import { isRecord, jsonText, parseJson } from '../protocol/json.ts'
import type { Member } from '../state/channels.ts'
import type { Connection } from '../state/connections.ts'
import type { RunningApp } from '../state/running-app.ts'
import type { AuthProblem } from './verify-auth.ts'

/** Longest id of a member, in characters, and largest `user_info`, in bytes. */
const idLimit = 128
const infoLimit = 1024

/**
 * Returns the member of an authorized presence subscription: that of `channel_data`, or without it the user of
 * `pusher:signin`. Otherwise returns the problem.
 */
export function presenceMember(
  app: RunningApp,
  connection: Connection,
  channel: string,
  { channel_data: channelData, user_data: userData }: Readonly<Record<string, unknown>>,
): { readonly member: Member } | AuthProblem {
  const member = channelData === undefined ? app.users.of(connection) : toMember(channelData)
  if (member === undefined)
    return {
      reason: 'A presence channel needs channel_data: JSON of an object with a user_id; or a sign-in before',
      explain: () => ({ text: channelData === undefined && userData !== undefined ? forwardedUserData : noMember }),
    }
  const problem = memberProblem(member)
  if (problem !== undefined)
    return { reason: problem, explain: () => ({ text: `${problem}. Return less in authorize.` }) }
  const { memberLimit } = app.settings
  const isNew = !app.channels.hasMember(channel, member.id)
  if (isNew && app.channels.memberCount(channel) >= memberLimit)
    return {
      reason: `The channel is over its limit of members (max ${memberLimit})`,
      type: 'LimitReached',
      status: 4004,
    }
  return { member: { id: member.id, info: member.info } }
}

const forwardedUserData =
  'The client forwarded user_data, and a presence channel takes its member from channel_data. Return the signed text as ' +
  'channel_data, as client.authenticate() does.'

const noMember =
  'The signature is valid, but no member is named. On a presence channel let authorize return { user_id, user_info } ' +
  'instead of true, or let the client call pusher.signin() before.'

/** The member in `channel_data`. Ids are compared as text. */
function toMember(channelData: unknown): Member | undefined {
  const value = typeof channelData === 'string' ? parseJson(channelData) : undefined
  if (!isRecord(value)) return undefined
  const { user_id: userId, user_info: userInfo = null } = value
  const info = jsonText(userInfo)
  if ((typeof userId !== 'string' && typeof userId !== 'number') || userId === '' || info === undefined)
    return undefined
  return { id: String(userId), info }
}

function memberProblem({ id, info }: Member): string | undefined {
  if (id.length > idLimit) return `user_id must have at most ${idLimit} characters (received ${id.length})`
  if (info !== 'null' && !info.startsWith('{')) return 'user_info must be an object'
  const size = Buffer.byteLength(info)
  return size > infoLimit ? `user_info must have at most ${infoLimit} bytes (received ${size})` : undefined
}
