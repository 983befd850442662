import { exceedsBytes } from '../bytes.ts'
import { type Answer, refusals } from './answer.ts'
import { type Carrier, tooLarge } from './carrier.ts'
import { parseForm } from './form.ts'

/** What a client sent, unchecked. */
export interface Fields {
  readonly socketId: unknown
  readonly channel: unknown
  readonly authInfo: unknown
}

/** The most that the endpoint reads, in bytes. */
const maxBodyBytes = 16 * 1024

const decoder = new TextDecoder('utf-8', { fatal: true })

/** body → fields. It reads no more than {@link maxBodyBytes} and takes the known fields alone, by own property. */
export async function readFields(carrier: Carrier): Promise<Fields | Answer> {
  const type = bodyType(carrier.header('content-type'))
  if (type === undefined) return refusals.wrongType
  // A parser in front of us has its own limit; the header is all that is left to tell how much it read.
  if (Number(carrier.header('content-length')) > maxBodyBytes) return refusals.tooLarge
  const body = await carrier.body(maxBodyBytes)
  if (body === tooLarge) return refusals.tooLarge
  if (body === undefined) return refusals.malformedBody
  if (typeof body === 'string') return exceedsBytes(body, maxBodyBytes) ? refusals.tooLarge : textFields(body, type)
  if (!(body instanceof Uint8Array)) return type === 'json' ? jsonFields(body) : formFields(Object.entries(body))
  if (body.byteLength > maxBodyBytes) return refusals.tooLarge
  try {
    return textFields(decoder.decode(body), type)
  } catch {
    return refusals.malformedBody
  }
}

/** The media type alone decides, in any case and with any parameters (RFC 9110, section 8.3.1). */
function bodyType(contentType: string | undefined): 'json' | 'form' | undefined {
  if (contentType === 'application/json') return 'json'
  const essence = contentType?.split(';', 1)[0]?.trim().toLowerCase()
  if (essence === 'application/json') return 'json'
  return essence === 'application/x-www-form-urlencoded' ? 'form' : undefined
}

function textFields(text: string, type: 'json' | 'form'): Fields | Answer {
  if (type === 'json') {
    try {
      const value: unknown = JSON.parse(text)
      return typeof value === 'object' && value !== null ? jsonFields(value) : refusals.malformedBody
    } catch {
      // pusher-js sends its form under whatever Content-Type its user's headers name.
      if (!text.includes('socket_id=')) return refusals.malformedBody
    }
  }
  const form = parseForm(text)
  return form === undefined ? refusals.malformedBody : formFields(form)
}

function jsonFields(body: object): Fields {
  return { socketId: own(body, 'socket_id'), channel: own(body, 'channel_name'), authInfo: own(body, 'auth_info') }
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

function own(body: object, name: string): unknown {
  return Object.hasOwn(body, name) ? (body as Record<string, unknown>)[name] : undefined
}
