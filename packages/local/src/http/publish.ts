import type { RunningApp } from '../app.ts'
import { channelFrame } from '../frame.ts'
import { jsonText } from '../json.ts'
import { dataLimit, isEventName, nameLimit } from '../names.ts'
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

/** Checks all events, counts them, then sends them: a request is served whole or not at all. */
export function publish(app: RunningApp, submissions: readonly Submission[], isName: IsName): void {
  const deliveries = submissions.flatMap((submission) => toDeliveries(submission, isName))
  // As in compatible services, an event to several channels counts once for each.
  if (!app.eventLimit.take(deliveries.length)) throw new Refusal(429, 'Rate limit exceeded', { 'Retry-After': '1' })
  for (const { channel, frame, except } of deliveries) app.channels.send(channel, frame, except)
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

interface Delivery {
  readonly channel: string
  readonly frame: string
  readonly except: string | undefined
}

function toDeliveries({ channels, event, data, except }: Submission, isName: IsName): Delivery[] {
  if (!isEventName(event)) throw validationFailed(`the event name must be text of 1 to ${nameLimit} characters`)
  if (Buffer.byteLength(data) > dataLimit) throw validationFailed(`data must be at most ${dataLimit} bytes`)
  if (!isSocketId(except)) throw validationFailed('socket_id must be of the form 1234.5678')
  const dataText = JSON.stringify(data)
  return channels.map((channel) => {
    if (!isName(channel)) throw validationFailed(namesOfChannels)
    return { channel, frame: channelFrame(event, channel, dataText), except }
  })
}

function isSocketId(value: unknown): value is string | undefined {
  return value === undefined || (typeof value === 'string' && /^\d+\.\d+$/.test(value))
}
