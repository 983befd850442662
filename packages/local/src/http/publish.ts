import { channelFrame } from '../protocol/frames.ts'
import { jsonText } from '../protocol/json.ts'
import { dataLimit, isCacheChannel, isEventName, nameLimit } from '../protocol/names.ts'
import type { RunningApp } from '../state/running-app.ts'
import { DataTooLargeError, HttpError, validationFailed } from './http-error.ts'

/** An event as a backend sent it, not validated yet. */
export interface Submission {
  readonly channels: readonly unknown[]
  readonly event: unknown
  /** The `data` that clients receive: a string, usually JSON. */
  readonly data: string
  /** Socket id of the connection that is excluded. */
  readonly except?: unknown
}

/** Returns whether a value names a channel in a protocol. */
type IsName = (value: unknown) => value is string

/**
 * Validates all events, counts them against the limit, then sends them: all of a request or nothing.
 * @returns the number of receiving connections
 */
export function publish(app: RunningApp, submissions: readonly Submission[], isName: IsName): number {
  const events = submissions.map((submission) => check(submission, isName))
  // As in compatible services, an event counts once for each of its channels.
  const count = events.reduce((sum, { channels }) => sum + channels.length, 0)
  if (!app.eventLimit.take(count)) throw new HttpError(429, 'Rate limit exceeded', { 'Retry-After': '1' })
  let total = 0
  for (const { channels, event, data, except } of events) {
    const dataText = JSON.stringify(data)
    let receivers = 0
    for (const channel of channels) {
      const frame = channelFrame(event, channel, dataText)
      if (isCacheChannel(channel)) app.cache.set(channel, frame, data)
      receivers += app.channels.send(channel, frame, except)
    }
    app.log(() => ({ type: 'event', channels, event, data, receivers, except }))
    total += receivers
  }
  return total
}

/** Serializes any JSON value as the string that clients receive. */
export function dataString(data: unknown): string {
  const text = jsonText(data)
  if (text === undefined) throw validationFailed('data must be a JSON value, and not nested too deeply')
  return text
}

const namesOfChannels =
  `a channel must be 1 to ${nameLimit} characters of A-Z a-z 0-9 _ - = @ , . ; ` +
  'or, on the Pusher HTTP API alone, #server-to-user-ID'

interface CheckedEvent {
  readonly channels: readonly string[]
  readonly event: string
  readonly data: string
  readonly except: string | undefined
}

function check({ channels, event, data, except }: Submission, isName: IsName): CheckedEvent {
  if (!isEventName(event)) throw validationFailed(`the event name must be text of 1 to ${nameLimit} characters`)
  if (Buffer.byteLength(data) > dataLimit) throw new DataTooLargeError(dataLimit)
  if (!isSocketId(except)) throw validationFailed('socket_id must be of the form 1234.5678')
  if (!channels.every(isName)) throw validationFailed(namesOfChannels)
  return { channels, event, data, except }
}

function isSocketId(value: unknown): value is string | undefined {
  return value === undefined || (typeof value === 'string' && /^\d+\.\d+$/.test(value))
}
