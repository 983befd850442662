import { type ChannelKind, channelKind, isChannel, isSocketId } from '../names.ts'
import { type EndpointResponse, errorResponses } from './answer.ts'
import type { Fields } from './body.ts'

/** A connection that asks to join a channel. Both names were checked against their alphabets. */
export interface Attempt {
  /** The connection that asks. */
  readonly socketId: string
  /** The whole channel name, prefix included, as it was sent. */
  readonly channel: string
  /** What the name's prefix says. */
  readonly kind: ChannelKind
  /**
   * What the client sent along, unchecked: `auth_info` of a JSON body (`authInfo` in pingerchips-js), or an object of
   * the other fields of a form body (`params` in pusher-js).
   */
  readonly authInfo: unknown
}

/** What `user` is told beside the framework's own request: enough for a hook that knows no framework. */
export interface UserContext {
  /** The connection that asks. */
  readonly socketId: string
  /** The channel that it asks to join; `undefined` when it asks to sign in. */
  readonly channel: string | undefined
  /** What the channel's prefix says; `undefined` when it asks to sign in. */
  readonly kind: ChannelKind | undefined
  /** As in {@link Attempt}. */
  readonly authInfo: unknown
  /** A header of the request, by its lower-case name; values of one that came several times are joined by `, `. */
  header(name: string): string | undefined
}

/** fields → attempt. Nothing that is not a string, and no name that needs no authorization, gets any further. */
export function toAttempt({ socketId, channel, authInfo }: Fields): Attempt | EndpointResponse {
  if (!isSocketId(socketId)) return errorResponses.malformedSocketId
  if (!isChannel(channel)) return errorResponses.malformedChannel
  const kind = channelKind(channel)
  if (kind === undefined || kind === 'public') return errorResponses.malformedChannel
  return { socketId, channel, kind, authInfo }
}
