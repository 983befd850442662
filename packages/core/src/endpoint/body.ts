import { isLongerThan } from '../bytes.ts'
import { ownProperty } from '../json.ts'
import { type EndpointResponse, errorResponses } from './answer.ts'
import { type CarriedBody, tooLarge } from './carrier.ts'
import { parseForm } from './form.ts'

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
