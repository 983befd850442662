/** Longest that a channel's or an event's name may be, in characters. */
export const nameLimit = 200

/** Most that the data of one event may weigh, in bytes of UTF-8. */
export const dataLimit = 65_536

/** What a channel is, by its name; `user` is the `#server-to-user-` channel of a signed-in user. */
export type ChannelKind = 'public' | 'private' | 'presence' | 'encrypted' | 'user'

const channelPattern = /^[A-Za-z0-9_\-=@,.;]{1,200}$/
const userChannelPrefix = '#server-to-user-'

/** Longest that a user's id may be, in characters: its channel has a name like any other. */
export const userIdLimit: number = nameLimit - userChannelPrefix.length

/** A channel that an app names, on any protocol. */
export function isChannel(value: unknown): value is string {
  return typeof value === 'string' && channelPattern.test(value)
}

/** The id of a user, of whatever characters the app gave it. Text that is not well formed could stand for another. */
export function isUserId(value: unknown): value is string {
  return typeof value === 'string' && value.length >= 1 && value.length <= userIdLimit && value.isWellFormed()
}

/** The channel of the user alone, which its signed-in connections join. */
export function userChannel(userId: string): string {
  return userChannelPrefix + userId
}

/** A channel of the Pusher protocol: any that an app names, and those of signed-in users. */
export function isTarget(value: unknown): value is string {
  if (isChannel(value)) return true
  return (
    typeof value === 'string' && value.startsWith(userChannelPrefix) && isUserId(value.slice(userChannelPrefix.length))
  )
}

export function isEventName(value: unknown): value is string {
  return typeof value === 'string' && value.length >= 1 && value.length <= nameLimit
}

export function channelKind(channel: string): ChannelKind {
  if (channel.startsWith('private-encrypted-')) return 'encrypted'
  if (channel.startsWith('private-')) return 'private'
  if (channel.startsWith('presence-')) return 'presence'
  if (channel.startsWith(userChannelPrefix)) return 'user'
  return 'public'
}
