import { isLongerThan } from '../internal/bytes.ts'
import { isRecord, ownProperty } from '../internal/json.ts'
import { type ChannelKind, channelKind, isChannel, isSocketId } from '../internal/validate.ts'
import { encoded, type MissingBody, type ReceivedBody, tooLarge, tooSlow } from '../requests/incoming-request.ts'
import { type EndpointResponse, errorResponses } from './responses.ts'

/** The fields of a request, unchecked. */
export interface Fields {
  readonly socketId: unknown
  readonly channel: unknown
  readonly authInfo: unknown
}

/** The longest body that the endpoint reads, in bytes. */
export const maxBodyBytes: number = 16 * 1024

/** How the fields are written. */
export type BodyType = 'json' | 'form'

const typeByMedia: ReadonlyMap<string, BodyType> = new Map([
  ['application/json', 'json'],
  ['application/x-www-form-urlencoded', 'form'],
])

/**
 * The type of a body, by its media type in any case and with any parameters (RFC 9110, section 8.3.1). pusher-js appends
 * the `Content-Type` of its user's headers to its own, as does a proxy that joins repeated fields. So each member of a
 * comma list is looked at: all of them must be known, and one form makes it a form.
 */
export function bodyType(contentType: string | undefined): BodyType | undefined {
  if (contentType === undefined) return undefined
  const exact = typeByMedia.get(contentType)
  if (exact !== undefined) return exact
  let type: BodyType | undefined
  // A quoted parameter may have a comma or a semicolon.
  for (const member of contentType.replace(/"(?:[^"\\]|\\.)*"/g, '').split(',')) {
    const essence = member.split(';', 1)[0]?.trim().toLowerCase() ?? ''
    const known = typeByMedia.get(essence)
    if (known === undefined) return undefined
    if (type !== 'form') type = known
  }
  return type
}

/** The refusal of a request whose body is missing. */
export function missingBodyResponse(body: MissingBody): EndpointResponse {
  if (body === tooLarge) return errorResponses.tooLarge
  if (body === tooSlow) return errorResponses.tooSlow
  return body === encoded ? errorResponses.wrongEncoding : errorResponses.malformedBody
}

/** Invalid UTF-8 becomes U+FFFD, as in every parser that may run before; no name that is signed contains it. */
const decoder = new TextDecoder()

/** Reads the fields of a body: the known ones alone, by own property. */
export function bodyFields(body: ReceivedBody, type: BodyType): Fields | EndpointResponse {
  if (body === undefined || typeof body === 'symbol') return missingBodyResponse(body)
  if (typeof body === 'string')
    return isLongerThan(body, maxBodyBytes) ? errorResponses.tooLarge : textFields(body, type)
  if (!ArrayBuffer.isView(body)) return type === 'json' ? jsonFields(body) : formFields(Object.entries(body))
  return body.byteLength > maxBodyBytes ? errorResponses.tooLarge : textFields(decoder.decode(body as Uint8Array), type)
}

function textFields(text: string, type: BodyType): Fields | EndpointResponse {
  if (type === 'json') {
    try {
      const value: unknown = JSON.parse(text)
      return typeof value === 'object' && value !== null ? jsonFields(value) : errorResponses.malformedBody
    } catch {
      // pusher-js sends its form under whatever Content-Type its user's headers have.
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

/**
 * pusher-js has no `auth_info`: it sends the entries of its `params` as fields beside the two known ones. pusher-js-auth
 * numbers the channels of a batch (`channel_name[0]`, `channel_name[1]`, …), of which a parser of the app's may have made an
 * array, or an object if there are more than 20.
 *
 * Such a parser also makes an array of a repeated `channel_name`, which cannot be distinguished from a batch. That is safe:
 * `authorize` is called for each channel of the array, and each result is sent under the name of its channel.
 */
function formFields(entries: Iterable<readonly [string, unknown]>): Fields {
  let socketId: unknown
  let channel: unknown
  const authInfo: Record<string, unknown> = Object.create(null)
  const numbered: Record<string, unknown> = Object.create(null)
  for (const [name, value] of entries)
    if (name === 'socket_id') socketId = value
    else if (name === 'channel_name') channel = isRecord(value) ? listOf(value) : value
    else if (numberedName.test(name)) numbered[name.slice('channel_name['.length, -1)] = value
    else authInfo[name] = value
  channel ??= Object.keys(numbered).length > 0 ? listOf(numbered) : undefined
  return { socketId, channel, authInfo }
}

const numberedName = /^channel_name\[\d{1,3}\]$/

/** The values of a numbered list; a list with a gap contains `undefined`, which is no channel name. */
function listOf(values: Readonly<Record<string, unknown>>): readonly unknown[] {
  return Object.keys(values).map((_, index) => ownProperty(values, String(index)))
}

/** Enough for a batch of {@link maxChannels}, and for what a client sends beside it. */
const maxFields = 200

/** The most channels of one request. */
export const maxChannels = 100

/** The channels of a batch: 1 to 100, each once. `undefined` if the request names one channel. */
export function batchOf({ channel }: Fields): readonly string[] | EndpointResponse | undefined {
  if (!Array.isArray(channel)) return undefined
  const isValid = channel.length > 0 && channel.length <= maxChannels && new Set(channel).size === channel.length
  return isValid && channel.every(isChannel) ? channel : errorResponses.malformedChannel
}

/**
 * Parses a form, flat: a field's name keeps its brackets and dots.
 * @returns `undefined` if there are more than 200 fields, one is repeated, or an escape is malformed or no UTF-8: two
 * parsers would read two different values
 */
export function parseForm(text: string): ReadonlyMap<string, string> | undefined {
  if (!hasValidEscapes(text)) return undefined
  const fields = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(text)) {
    if (fields.has(name) || fields.size === maxFields) return undefined
    fields.set(name, value)
  }
  return fields
}

function hasValidEscapes(text: string): boolean {
  try {
    // The result is used: bundlers take a call without a use for one without an effect, and remove it.
    return decodeURIComponent(text).length >= 0
  } catch {
    return false
  }
}

/** A request to subscribe to a channel. Socket id and channel were checked against their alphabets. */
export interface SubscribeRequest {
  /** The connection that subscribes. */
  readonly socketId: string
  /** The whole channel name, prefix included. */
  readonly channel: string
  /** The kind of channel, by the prefix of its name. */
  readonly kind: ChannelKind
  /**
   * Additional data of the client, unchecked: `auth_info` of a JSON body (`authInfo` in pingerchips-js), or an object of
   * the other fields of a form body (`params` in pusher-js).
   */
  readonly authInfo: unknown
}

/** What `user` receives beside the framework's request: enough for a callback that knows no framework. */
export interface UserContext {
  /** The connection that subscribes or signs in. */
  readonly socketId: string
  /** The channel that it subscribes to; `undefined` when it signs in, and for a batch. */
  readonly channel: string | undefined
  /** The kind of that channel; `undefined` when it signs in, and for a batch. */
  readonly kind: ChannelKind | undefined
  /** The channels of a batch, one of which may be public; `undefined` for a request that names one channel. */
  readonly channels?: readonly string[] | undefined
  /** Additional data of the client, unchecked, as in {@link AuthorizeContext}. */
  readonly authInfo: unknown
  /** A header of the request, by name; values of a repeated one are joined by `, `, and those of `cookie` by `; `. */
  header(name: string): string | undefined
}

/** Checks the fields of a request to subscribe: only strings, and only names that need authorization. */
export function toSubscribeRequest({ socketId, channel, authInfo }: Fields): SubscribeRequest | EndpointResponse {
  if (!isSocketId(socketId)) return errorResponses.malformedSocketId
  if (!isChannel(channel)) return errorResponses.malformedChannel
  const kind = channelKind(channel)
  if (kind === undefined || kind === 'public') return errorResponses.malformedChannel
  return { socketId, channel, kind, authInfo }
}
