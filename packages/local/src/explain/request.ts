import { jsonText, parseJson } from '../json.ts'
import type { Guess } from './signature.ts'

/** What is signed for `POST\nPATH\nTIMESTAMP\nBODY` by mistake. */
export function* signedRequestGuesses(path: string, search: string, timestamp: string, body: string): Generator<Guess> {
  const compact = jsonText(parseJson(body))
  for (const text of new Set([compact, body.trim(), JSON.stringify(body), '']))
    if (text !== undefined && text !== body)
      yield {
        signed: `POST\n${path}\n${timestamp}\n${text}`,
        text: 'The body that was signed is not the body that was sent. Write it to JSON once, then sign and send that same text.',
      }
  for (const other of pathMistakes(path, search))
    yield {
      signed: `POST\n${other}\n${timestamp}\n${body}`,
      text: `Another path was signed, ${other}. Sign the path as it is requested, ${path}.`,
    }
  yield {
    signed: `post\n${path}\n${timestamp}\n${body}`,
    text: 'The method was signed in lower case. Sign POST.',
  }
  for (const separator of ['', ':', '\r\n', '\\n'])
    yield {
      signed: ['POST', path, timestamp, body].join(separator),
      text: 'The parts are put together otherwise than by one line feed (\\n) each.',
    }
}

function pathMistakes(path: string, search: string): string[] {
  const paths = [path.replace(/^\/api/, ''), path.slice(1), `${path}/`, decodeURIComponent(path), '/api/trigger']
  return [...paths, ...(search === '' ? [] : [`${path}?${search}`])].filter((other) => other !== path)
}

/** A request of the Pusher HTTP API, as it came. */
export interface PusherRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
}

/** What is signed for `METHOD\nPATH\nSORTED_QUERY` by mistake. */
export function* pusherRequestGuesses({ method, path, query }: PusherRequest): Generator<Guess> {
  const signedNames = [...query.keys()].filter((name) => name !== 'auth_signature')
  const line = (names: readonly string[], write = (text: string) => text) =>
    names.map((name) => `${name}=${write(query.get(name) ?? '')}`).join('&')
  const sorted = line([...signedNames].sort())

  yield {
    signed: `${method}\n${path}\n${line(signedNames)}`,
    text: 'The query was signed in the order it was sent. Sort its parameters by name, then sign.',
  }
  yield {
    signed: `${method}\n${path}\n${line([...signedNames].sort(), encodeURIComponent)}`,
    text: 'The query was signed with its escapes. Sign the values as they are before escaping.',
  }
  for (const left of ['body_md5', 'auth_version', 'auth_timestamp', 'auth_key'])
    if (query.has(left))
      yield {
        signed: `${method}\n${path}\n${line([...signedNames].sort().filter((name) => name !== left))}`,
        text: `The query was signed without ${left}. Sign all parameters but auth_signature.`,
      }
  for (const other of ['GET', 'POST', method.toLowerCase()])
    if (other !== method)
      yield {
        signed: `${other}\n${path}\n${sorted}`,
        text: `The method was signed as ${other}, and the request is a ${method}.`,
      }
  for (const other of [`/api${path}`, path.slice(1), `${path}/`, decodeURIComponent(path)])
    if (other !== path)
      yield {
        signed: `${method}\n${other}\n${sorted}`,
        text: `Another path was signed, ${other}. Sign the path as it is requested, ${path}.`,
      }
}
