import type { IncomingHttpHeaders, IncomingMessage, RequestListener } from 'node:http'
import type { RunningApps } from '../app.ts'
import type { FindStranger } from '../neighbours.ts'
import { about } from './about.ts'
import { getChannel, getChannels, getUsers, postBatch, postEvent, terminateConnections } from './pusher.ts'
import { readBody } from './read-body.ts'
import { Refusal } from './refusal.ts'
import { triggerSigned } from './signed.ts'
import { triggerByToken } from './token.ts'

const routes: readonly (readonly [method: string, path: string, handle: Handler])[] = [
  ['GET', '/', about],
  ['POST', '/api/apps/{key}/trigger', triggerSigned],
  ['POST', '/api/trigger', triggerByToken],
  ['POST', '/apps/{id}/events', postEvent],
  ['POST', '/apps/{id}/batch_events', postBatch],
  ['GET', '/apps/{id}/channels', getChannels],
  ['GET', '/apps/{id}/channels/{channel}', getChannel],
  ['GET', '/apps/{id}/channels/{channel}/users', getUsers],
  ['POST', '/apps/{id}/users/{user}/terminate_connections', terminateConnections],
]

/** What a handler is given. */
export interface Call {
  readonly apps: RunningApps
  readonly now: () => number
  readonly request: {
    readonly method: string
    /** As requested, escapes and all, up to the query: this is what is signed. */
    readonly path: string
    /** The `{names}` of the route, unescaped. */
    readonly params: Readonly<Record<string, string>>
    readonly query: URLSearchParams
    readonly headers: IncomingHttpHeaders
    readonly body: Buffer
  }
}

/** Answers the JSON body of a 200, or throws a `Refusal`. */
export type Handler = (call: Call) => object

const table = routes.map(([method, path, handle]) => ({
  method,
  handle,
  pattern: new RegExp(`^${path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`),
}))

export function requestListener(apps: RunningApps, findStranger: FindStranger, now: () => number): RequestListener {
  async function answer(request: IncomingMessage): Promise<object> {
    const stranger = findStranger(request.headers)
    if (stranger !== undefined) throw new Refusal(403, stranger)

    const { method = '', url = '' } = request
    const [path = '', ...rest] = url.split('?')
    const matching = table.filter(({ pattern }) => pattern.test(path))
    if (matching.length === 0) throw new Refusal(404, 'Not found')
    const route = matching.find((row) => row.method === method)
    if (route === undefined)
      throw new Refusal(405, 'Method not allowed', { Allow: matching.map((row) => row.method).join(', ') })

    const params = unescaped(route.pattern.exec(path)?.groups ?? {})
    const query = new URLSearchParams(rest.join('?'))
    const body = await readBody(request)
    return route.handle({ apps, now, request: { method, path, params, query, headers: request.headers, body } })
  }

  return (request, response) => {
    function send(status: number, body: object, headers: Readonly<Record<string, string>> = {}): void {
      const text = JSON.stringify(body)
      response.writeHead(status, { ...headers, 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
      response.end(text)
    }
    answer(request).then(
      (body) => send(200, body),
      (error: unknown) => {
        if (error instanceof Refusal) {
          send(error.status, { error: error.message }, error.headers)
        } else {
          // A mistake in this package: whoever runs it should see it, and the service should go on.
          console.error(error)
          send(500, { error: 'Internal error' })
        }
      },
    )
  }
}

function unescaped(groups: Readonly<Record<string, string>>): Record<string, string> {
  try {
    return Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value)]))
  } catch {
    throw new Refusal(404, 'Not found')
  }
}
