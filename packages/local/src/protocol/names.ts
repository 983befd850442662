/** Longest channel name and event name, in characters. */
export const nameLimit = 200

/** Largest data of one event, in bytes of UTF-8. */
export const dataLimit = 65_536

/** Kind of a channel, by its name. `user` is the `#server-to-user-` channel of a signed-in user. */
export type ChannelKind = 'public' | 'private' | 'presence' | 'encrypted' | 'user'

// Copies of core's checks on purpose: the service must find a mistake that core makes.
const channelPattern = /^[A-Za-z0-9_\-=@,.;]{1,200}$/
const userChannelPrefix = '#server-to-user-'

/** Longest id of a signed-in user, in characters: its channel name has the limit of every name. */
export const userIdLimit: number = nameLimit - userChannelPrefix.length

/** Returns whether a value is a channel name, in any protocol. */
export function isChannel(value: unknown): value is string {
  return typeof value === 'string' && channelPattern.test(value)
}

/** Returns whether a value is a user id: any well-formed text. Lone surrogates of different ids would sign alike. */
export function isUserId(value: unknown): value is string {
  return typeof value === 'string' && value.length >= 1 && value.length <= userIdLimit && value.isWellFormed()
}

/** Name of the channel of one user, which its signed-in connections subscribe to. */
export function userChannel(userId: string): string {
  return userChannelPrefix + userId
}

/** Returns whether a value names a channel of the Pusher protocol, channels of signed-in users included. */
export function isTarget(value: unknown): value is string {
  if (isChannel(value)) return true
  return (
    typeof value === 'string' && value.startsWith(userChannelPrefix) && isUserId(value.slice(userChannelPrefix.length))
  )
}

export function isEventName(value: unknown): value is string {
  return typeof value === 'string' && value.length >= 1 && value.length <= nameLimit
}

/** Returns whether the last event of a channel is kept for later subscribers. */
export function isCacheChannel(channel: string): boolean {
  return /^(?:private-encrypted-|private-|presence-)?cache-/.test(channel)
}

export function channelKind(channel: string): ChannelKind {
  if (channel.startsWith('private-encrypted-')) return 'encrypted'
  if (channel.startsWith('private-')) return 'private'
  if (channel.startsWith('presence-')) return 'presence'
  if (channel.startsWith(userChannelPrefix)) return 'user'
  return 'public'
}
