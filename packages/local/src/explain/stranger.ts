import type { IncomingHttpHeaders } from 'node:http'
import type { Explanation } from '../log/entry.ts'

/** Why a request seems to be from elsewhere. */
export function explainStranger({ host, origin }: IncomingHttpHeaders): Explanation {
  const from = origin === undefined ? '' : ` by a page of ${origin}`
  return {
    text: `The service was called ${host ?? 'nothing'}${from}. It answers to localhost and 127.0.0.1, for pages of this machine and of the origins in its option \`origins\`.`,
  }
}
