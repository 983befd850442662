import { jsonText, parseJson } from '../protocol/json.ts'
import type { Guess } from './signature.ts'

/** Strings that are signed by mistake for `POST\nPATH\nTIMESTAMP\nBODY`. */
export function* signedRequestGuesses(path: string, search: string, timestamp: string, body: string): Generator<Guess> {
  const compact = jsonText(parseJson(body))
  for (const text of new Set([compact, body.trim(), JSON.stringify(body), '']))
    if (text !== undefined && text !== body)
      yield {
        signed: `POST\n${path}\n${timestamp}\n${text}`,
        text: 'The body that was signed is not the body that was sent. Serialize it once, then sign and send that same text.',
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
      text: 'The parts are not joined by one line feed (\\n) each.',
    }
}

function pathMistakes(path: string, search: string): string[] {
  const paths = [path.replace(/^\/api/, ''), path.slice(1), `${path}/`, decodeURIComponent(path), '/api/trigger']
  return [...paths, ...(search === '' ? [] : [`${path}?${search}`])].filter((other) => other !== path)
}

/** A request of the Pusher HTTP API, as received. */
export interface PusherRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
}

/** Strings that are signed by mistake for `METHOD\nPATH\nSORTED_QUERY`. */
export function* pusherRequestGuesses({ method, path, query }: PusherRequest): Generator<Guess> {
  const signedNames = [...query.keys()].filter((name) => name !== 'auth_signature')
  const line = (names: readonly string[], write = (text: string) => text) =>
    names.map((name) => `${name}=${write(query.get(name) ?? '')}`).join('&')
  const sorted = line([...signedNames].sort())

  yield {
    signed: `${method}\n${path}\n${line(signedNames)}`,
    text: 'The query was signed in the order of the request. Sort its parameters by name, then sign.',
  }
  yield {
    signed: `${method}\n${path}\n${line([...signedNames].sort(), encodeURIComponent)}`,
    text: 'The query was signed with its escapes. Sign the values before they are escaped.',
  }
  for (const left of ['body_md5', 'auth_version', 'auth_timestamp', 'auth_key'])
    if (query.has(left))
      yield {
        signed: `${method}\n${path}\n${line([...signedNames].sort().filter((name) => name !== left))}`,
        text: `The query was signed without ${left}. Sign all parameters except auth_signature.`,
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
