import type { RawData } from 'ws'
import { isRecord, parseJson } from '../protocol/json.ts'
import type { Explanation } from '../state/log-event.ts'

/** Largest frame that is parsed, in bytes. A client event of 64 KiB fits, however its text is escaped. */
export const frameLimit = 524_288

/** A client's frame: the event name, and other fields that are not validated yet. */
export interface Frame {
  readonly event: string
  readonly channel?: unknown
  readonly data?: unknown
}

/** Thrown for a client's mistake. The client receives `pusher:error`, and the connection closes if the code says so. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  /** A code of the Pusher protocol; `null` where the protocol has none. */
  readonly code: number | null
  /** For the log only. */
  readonly explain: (() => Explanation) | undefined

  constructor(message: string, code: number | null = null, explain?: () => Explanation) {
    super(message)
    this.code = code
    this.explain = explain
  }

  /** The WebSocket close code. The protocol closes connections for codes below 4300 and for no other error. */
  get closeCode(): number | undefined {
    return this.code !== null && this.code < 4300 ? this.code : undefined
  }
}

/** Parses a client's frame. @throws {ProtocolError} if it is binary, too large, not JSON or has no event name */
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
