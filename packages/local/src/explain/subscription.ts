import { jsonText, parseJson } from '../protocol/json.ts'
import type { RunningApp } from '../state/running-app.ts'
import type { Guess } from './signature.ts'

/** Largest number of connections, and of channels, that a signature is tried against. */
const triesLimit = 200
/** Longest data, in characters, that is written to JSON again, or tried against other connections and channels. */
const dataLimit = 8192

/** A subscription that was refused. */
export interface RefusedSubscription {
  readonly app: RunningApp
  readonly socketId: string
  readonly channel: string
  /** The text that the client forwarded. */
  readonly data: string | undefined
  /** The `user_data` that was sent beside `channel_data`, if it is another text. */
  readonly otherData?: string | undefined
}

/** Strings that an auth endpoint signs by mistake for `SOCKET:CHANNEL` or `SOCKET:CHANNEL:DATA`. */
export function* subscriptionGuesses({
  app,
  socketId,
  channel,
  data,
  otherData,
}: RefusedSubscription): Generator<Guess> {
  const tail = data === undefined ? '' : `:${data}`
  if (data !== undefined) {
    yield {
      signed: `${socketId}:${channel}`,
      text: 'It was signed without channel_data, and the client forwarded a text. Sign SOCKET:CHANNEL:CHANNEL_DATA, with channel_data exactly as the auth endpoint returns it, or return no such text.',
    }
    if (otherData !== undefined)
      yield {
        signed: `${socketId}:${channel}:${otherData}`,
        text: 'user_data was signed, and the client also forwarded channel_data with another text. Return the same text in both fields: pusher-js forwards only channel_data, pingerchips-js only user_data.',
      }
    for (const text of rewritten(data))
      yield {
        signed: `${socketId}:${channel}:${text}`,
        text: 'The channel_data that was signed and the channel_data that was returned are different texts of the same JSON. Serialize it once, then sign and return that same text.',
      }
    yield {
      signed: `${socketId}::user::${data}`,
      text: 'This is the signature of a sign-in. Use separate endpoints for channels (channelAuthorization) and users (userAuthentication).',
    }
  }
  if (tail.length <= dataLimit) yield* otherConnections(app, socketId, (id) => `${id}:${channel}${tail}`)
  for (const name of prefixMistakes(channel))
    yield {
      signed: `${socketId}:${name}${tail}`,
      text: `It was signed for the channel ${name}, and the client subscribes to ${channel}. Sign channel_name as received, with its prefix.`,
    }
  if (tail.length <= dataLimit)
    for (const name of app.channels.occupied().slice(-triesLimit))
      if (name !== channel)
        yield {
          signed: `${socketId}:${name}${tail}`,
          text: `It was signed for another channel, ${name}; the client subscribes to ${channel}. Sign the channel_name of the request, and do not reuse a response for another channel.`,
        }
  yield {
    signed: `${channel}:${socketId}${tail}`,
    text: 'It was signed in the wrong order: the socket id comes before the channel.',
  }
}

/** Strings that are signed by mistake for `SOCKET::user::USER_DATA`. */
export function* signInGuesses(app: RunningApp, socketId: string, userData: string): Generator<Guess> {
  for (const text of rewritten(userData))
    yield {
      signed: `${socketId}::user::${text}`,
      text: 'The user_data that was signed and the user_data that was returned are different texts of the same JSON. Serialize it once, then sign and return that same text.',
    }
  if (userData.length <= dataLimit) yield* otherConnections(app, socketId, (id) => `${id}::user::${userData}`)
  for (const signed of [`${socketId}:user:${userData}`, `${socketId}:${userData}`, socketId])
    yield {
      signed,
      text: 'Another string was signed. A sign-in is signed as SOCKET::user::USER_DATA, with two colons on each side of user.',
    }
}

function* otherConnections(app: RunningApp, socketId: string, sign: (id: string) => string): Generator<Guess> {
  const advice = 'An authorization is for one connection: send a request for each, and cache no response.'
  for (const id of app.connections.ended())
    yield {
      signed: sign(id),
      text: `It was signed for the connection ${id}, which has ended; this one is ${socketId}. ${advice}`,
    }
  const open = [...app.connections.values()].slice(-triesLimit)
  for (const { socketId: id } of open)
    if (id !== socketId)
      yield {
        signed: sign(id),
        text: `It was signed for another connection, ${id}; this one is ${socketId}. ${advice}`,
      }
}

function prefixMistakes(channel: string): Set<string> {
  const bare = channel.replace(/^(?:private-encrypted|private|presence)-/, '')
  const names = new Set([
    bare,
    `private-${bare}`,
    `presence-${bare}`,
    `private-encrypted-${bare}`,
    `private-${channel}`,
  ])
  names.add(channel.toLowerCase()).add(encodeURIComponent(channel)).delete(channel)
  return names
}

/** The same JSON in the text of other serializers. */
function rewritten(text: string): Set<string> {
  const texts = new Set<string>()
  if (text.length > dataLimit) return texts
  const value = parseJson(text)
  const compact = jsonText(value)
  if (compact === undefined) return texts
  texts.add(compact)
  // As Python writes it: a space after each comma and colon that is not inside a string. JSON.stringify's own
  // indentation would grow with the square of the nesting.
  texts.add(compact.replaceAll(/"(?:[^"\\]|\\.)*"|[,:]/g, (token) => (token.length === 1 ? `${token} ` : token)))
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    texts.add(JSON.stringify(Object.fromEntries(Object.entries(value).reverse())))
  texts.add(JSON.stringify(text))
  texts.delete(text)
  return texts
}
