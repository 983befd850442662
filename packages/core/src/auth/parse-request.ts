import { isLongerThan } from '../internal/bytes.ts'
import { ownProperty } from '../internal/json.ts'
import { type ChannelKind, channelKind, isChannel, isSocketId } from '../internal/validate.ts'
import { type CarriedBody, tooLarge } from '../requests/incoming-request.ts'
import { type EndpointResponse, errorResponses } from './responses.ts'

/** What a client sent, unchecked. */
export interface Fields {
  readonly socketId: unknown
  readonly channel: unknown
  readonly authInfo: unknown
}

/** The most that the endpoint reads, in bytes. */
export const maxBodyBytes: number = 16 * 1024

/** What is not UTF-8 becomes U+FFFD, as in every parser that may stand in front; no name that is signed can hold it. */
const decoder = new TextDecoder()

/** body → fields. The known fields alone, by own property. */
export function bodyFields(body: CarriedBody, type: BodyType): Fields | EndpointResponse {
  if (body === tooLarge) return errorResponses.tooLarge
  if (body === undefined) return errorResponses.malformedBody
  if (typeof body === 'string')
    return isLongerThan(body, maxBodyBytes) ? errorResponses.tooLarge : textFields(body, type)
  if (!ArrayBuffer.isView(body)) return type === 'json' ? jsonFields(body) : formFields(Object.entries(body))
  return body.byteLength > maxBodyBytes ? errorResponses.tooLarge : textFields(decoder.decode(body as Uint8Array), type)
}

export type BodyType = 'json' | 'form'

const typeByMedia: ReadonlyMap<string, BodyType> = new Map([
  ['application/json', 'json'],
  ['application/x-www-form-urlencoded', 'form'],
])

/** The media types that the endpoint reads. */
export const mediaTypes: string[] = [...typeByMedia.keys()]

/** The media type alone decides, in any case and with any parameters (RFC 9110, section 8.3.1). */
export function bodyType(contentType: string | undefined): BodyType | undefined {
  if (contentType === undefined) return undefined
  return typeByMedia.get(contentType) ?? typeByMedia.get(contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '')
}

// What pingerchips-js and pusher-js send, to the byte, unless their user adds fields: read in less than half of a parser's
// time. Nothing in these alphabets is escaped, so that a parser would read the same.
const usualText: Readonly<Record<BodyType, RegExp>> = {
  json: /^\{"socket_id":"([A-Za-z0-9._-]+)","channel_name":"([A-Za-z0-9_\-=@,.;]+)"\}$/,
  form: /^socket_id=([A-Za-z0-9._-]+)&channel_name=([A-Za-z0-9._-]+)$/,
}

function textFields(text: string, type: BodyType): Fields | EndpointResponse {
  const usual = usualText[type].exec(text)
  if (usual !== null)
    return { socketId: usual[1], channel: usual[2], authInfo: type === 'json' ? undefined : Object.create(null) }
  if (type === 'json') {
    try {
      const value: unknown = JSON.parse(text)
      return typeof value === 'object' && value !== null ? jsonFields(value) : errorResponses.malformedBody
    } catch {
      // pusher-js sends its form under whatever Content-Type its user's headers name.
      if (!text.includes('socket_id=')) return errorResponses.malformedBody
    }
  }
  const form = parseForm(text)
  return form === undefined ? errorResponses.malformedBody : formFields(form)
}

function jsonFields(body: object): Fields {
  return {
    socketId: ownProperty(body, 'socket_id'),
    channel: ownProperty(body, 'channel_name'),
    authInfo: ownProperty(body, 'auth_info'),
  }
}

/** pusher-js has no `auth_info`: it sends the entries of its `params` as fields beside the two known ones. */
function formFields(entries: Iterable<readonly [string, unknown]>): Fields {
  let socketId: unknown
  let channel: unknown
  const authInfo: Record<string, unknown> = Object.create(null)
  for (const [name, value] of entries)
    if (name === 'socket_id') socketId = value
    else if (name === 'channel_name') channel = value
    else authInfo[name] = value
  return { socketId, channel, authInfo }
}

/** More fields than any client sends; a form with more is refused. */
const maxFields = 100

/**
 * The fields of an `application/x-www-form-urlencoded` text, flat: a name is a name, with its brackets and dots.
 * `undefined` if it is malformed or says a field twice, which two parsers would read as two different things.
 * @see https://url.spec.whatwg.org/#urlencoded-parsing
 */
export function parseForm(text: string): ReadonlyMap<string, string> | undefined {
  const pairs = text.split('&', maxFields + 1)
  if (pairs.length > maxFields) return undefined
  const fields = new Map<string, string>()
  for (const pair of pairs) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decoded(equals === -1 ? pair : pair.slice(0, equals))
    const value = decoded(equals === -1 ? '' : pair.slice(equals + 1))
    if (name === undefined || value === undefined || fields.has(name)) return undefined
    fields.set(name, value)
  }
  return fields
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}

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
