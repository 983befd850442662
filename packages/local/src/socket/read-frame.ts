import type { RawData } from 'ws'
import { isRecord, parseJson } from '../json.ts'
import { ProtocolError } from './protocol-error.ts'

/** What a client sent: an event's name, and its other fields, none of them checked. */
export interface Frame {
  readonly event: string
  readonly channel?: unknown
  readonly data?: unknown
}

/** Most that a frame may weigh, in bytes. A client event of 64 KiB fits, however it is escaped. */
export const frameLimit = 524_288

export function readFrame(data: RawData, isBinary: boolean): Frame {
  if (isBinary) throw new ProtocolError('Binary frames are not supported')
  const text = data.toString()
  if (Buffer.byteLength(text) > frameLimit) throw new ProtocolError(`Frame too large (max ${frameLimit} bytes)`)
  const frame = parseJson(text)
  if (frame === undefined) throw new ProtocolError('The frame is not JSON')
  if (!isRecord(frame) || typeof frame.event !== 'string')
    throw new ProtocolError('The frame must be an object with an event name')
  return { event: frame.event, channel: frame.channel, data: frame.data }
}
