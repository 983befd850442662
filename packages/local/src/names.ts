/** Longest that a channel's or an event's name may be, in characters. */
export const nameLimit = 200

/** Most that the data of one event may weigh, in bytes of UTF-8. */
export const dataLimit = 65_536

export type ChannelKind = 'public' | 'private' | 'presence' | 'encrypted'

const channelPattern = /^[A-Za-z0-9_\-=@,.;]{1,200}$/
const userChannelPrefix = '#server-to-user-'

export function isChannel(value: unknown): value is string {
  return typeof value === 'string' && channelPattern.test(value)
}

/** A channel that a backend may send to: any that clients join, and the one of a signed-in user. */
export function isTarget(value: unknown): value is string {
  if (isChannel(value)) return true
  return (
    typeof value === 'string' &&
    value.startsWith(userChannelPrefix) &&
    value.length > userChannelPrefix.length &&
    value.length <= nameLimit
  )
}

export function isEventName(value: unknown): value is string {
  return typeof value === 'string' && value.length >= 1 && value.length <= nameLimit
}

export function channelKind(channel: string): ChannelKind {
  if (channel.startsWith('private-encrypted-')) return 'encrypted'
  if (channel.startsWith('private-')) return 'private'
  if (channel.startsWith('presence-')) return 'presence'
  return 'public'
}
