import type { ChannelAuth } from '../sign/channel.ts'

/** What the endpoint answers: JSON that nobody may store. An adapter carries it out as it is. */
export class Answer {
  readonly status: number
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** JSON text. */
  readonly body: string

  constructor(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
    this.status = status
    this.headers = { ...everyAnswer, ...headers }
    this.body = JSON.stringify(body)
  }
}

const everyAnswer = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' }

/** Client libraries take exactly 200 for a success. */
export function granted(auth: ChannelAuth): Answer {
  return new Answer(200, auth)
}

function refused(status: number, error: string, headers?: Readonly<Record<string, string>>): Answer {
  return new Answer(status, { error }, headers)
}

type RefusalName =
  | 'malformedBody'
  | 'malformedSocketId'
  | 'malformedChannel'
  | 'noUser'
  | 'noAccess'
  | 'wrongMethod'
  | 'tooLarge'
  | 'wrongType'

/** Every refusal there is, made once: none has room for what the client sent, or for a reason. */
export const refusals: Readonly<Record<RefusalName, Answer>> = {
  malformedBody: refused(400, 'The body must be a JSON object or a form, with each field once'),
  malformedSocketId: refused(400, 'socket_id is missing or malformed'),
  malformedChannel: refused(400, 'channel_name is missing or malformed'),
  noUser: refused(403, 'Unauthorized'),
  noAccess: refused(403, 'Access denied'),
  wrongMethod: refused(405, 'Method not allowed', { allow: 'POST' }),
  tooLarge: refused(413, 'The body must be at most 16 KiB'),
  wrongType: refused(415, 'The body must be application/json or application/x-www-form-urlencoded'),
}

/** For handlers with no framework behind them that would answer for an error. */
export const internalError: Answer = refused(500, 'Internal server error')
