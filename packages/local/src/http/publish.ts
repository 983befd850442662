import { channelFrame } from '../frame.ts'
import { jsonText } from '../json.ts'
import { dataLimit, isEventName, nameLimit } from '../names.ts'
import type { RunningApp } from '../running-app.ts'
import { Refusal, validationFailed } from './refusal.ts'

/** An event as a backend sent it: nothing of it is checked yet. */
export interface Submission {
  readonly channels: readonly unknown[]
  readonly event: unknown
  /** What clients get as `data`: a string, often of JSON. */
  readonly data: string
  /** The socket id of a connection that is not to get the event. */
  readonly except?: unknown
}

/** Whether a protocol can name a channel. */
type IsName = (value: unknown) => value is string

/**
 * Checks all events, counts them, then sends them: a request is served whole or not at all.
 * @returns to how many connections they went
 */
export function publish(app: RunningApp, submissions: readonly Submission[], isName: IsName): number {
  const events = submissions.map((submission) => check(submission, isName))
  // As in compatible services, an event to several channels counts once for each.
  const count = events.reduce((sum, { channels }) => sum + channels.length, 0)
  if (!app.eventLimit.take(count)) throw new Refusal(429, 'Rate limit exceeded', { 'Retry-After': '1' })
  let total = 0
  for (const { channels, event, data, except } of events) {
    const dataText = JSON.stringify(data)
    let receivers = 0
    for (const channel of channels)
      receivers += app.channels.send(channel, channelFrame(event, channel, dataText), except)
    app.log(() => ({ type: 'event', channels, event, data, receivers, except }))
    total += receivers
  }
  return total
}

/** Any JSON value as the string that clients get. */
export function dataString(data: unknown): string {
  const text = jsonText(data)
  if (text === undefined) throw validationFailed('data must be a JSON value, and not nested too deep')
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
  if (Buffer.byteLength(data) > dataLimit) throw validationFailed(`data must be at most ${dataLimit} bytes`)
  if (!isSocketId(except)) throw validationFailed('socket_id must be of the form 1234.5678')
  if (!channels.every(isName)) throw validationFailed(namesOfChannels)
  return { channels, event, data, except }
}

function isSocketId(value: unknown): value is string | undefined {
  return value === undefined || (typeof value === 'string' && /^\d+\.\d+$/.test(value))
}
