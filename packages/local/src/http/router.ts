import type { IncomingHttpHeaders, IncomingMessage, RequestListener } from 'node:http'
import { consoleFile } from '../console/files.ts'
import { explainStranger } from '../explain/stranger.ts'
import type { TriggerProtocol } from '../log/entry.ts'
import type { Log } from '../log/log.ts'
import type { FindStranger } from '../neighbours.ts'
import type { RunningApp, RunningApps } from '../running-app.ts'
import { about } from './about.ts'
import type { Disturb } from './disturb.ts'
import { getChannel, getChannels, getUsers, postBatch, postEvent, terminateConnections } from './pusher.ts'
import { readBody } from './read-body.ts'
import { Refusal } from './refusal.ts'
import { triggerSigned } from './signed.ts'
import { triggerByToken } from './token.ts'

const routes: readonly (readonly [method: string, path: string, handle: Handler, protocol?: TriggerProtocol])[] = [
  ['GET', '/', about],
  ['POST', '/api/apps/{key}/trigger', triggerSigned, 'signed'],
  ['POST', '/api/trigger', triggerByToken, 'token'],
  ['POST', '/apps/{id}/events', postEvent, 'pusher'],
  ['POST', '/apps/{id}/batch_events', postBatch, 'pusher'],
  ['GET', '/apps/{id}/channels', getChannels, 'pusher'],
  ['GET', '/apps/{id}/channels/{channel}', getChannel, 'pusher'],
  ['GET', '/apps/{id}/channels/{channel}/users', getUsers, 'pusher'],
  ['POST', '/apps/{id}/users/{user}/terminate_connections', terminateConnections, 'pusher'],
]

/** What a handler is given. */
export interface Call {
  readonly apps: RunningApps
  readonly now: () => number
  readonly seen: Seen
  readonly request: {
    readonly method: string
    /** As requested, escapes and all, up to the query: this is what is signed. */
    readonly path: string
    /** What follows the `?`; empty if nothing does. */
    readonly search: string
    /** The `{names}` of the route, unescaped. */
    readonly params: Readonly<Record<string, string>>
    readonly query: URLSearchParams
    readonly headers: IncomingHttpHeaders
    readonly body: Buffer
  }
}

/** What comes to light about a request while it is served, for the log. */
interface Seen {
  protocol?: TriggerProtocol | undefined
  /** As it stands in the table above, with its `{key}` or `{id}`. */
  route?: string | undefined
  /** A handler sets it as soon as it knows. */
  app?: RunningApp
}

/** Answers the JSON body of a 200, or throws a `Refusal`. */
export type Handler = (call: Call) => object

const table = routes.map(([method, path, handle, protocol]) => ({
  method,
  path,
  handle,
  protocol,
  pattern: new RegExp(`^${path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`),
}))

export function requestListener(
  apps: RunningApps,
  findStranger: FindStranger,
  now: () => number,
  log: Log,
  disturb: Disturb,
): RequestListener {
  async function answer(request: IncomingMessage, seen: Seen): Promise<Answer> {
    const stranger = findStranger(request.headers)
    if (stranger !== undefined) throw new Refusal(403, stranger, {}, () => explainStranger(request.headers))

    const { method = '', url = '' } = request
    const [path = '', ...rest] = url.split('?')
    const file = method === 'GET' ? await consoleFile(path, request.headers) : undefined
    if (file !== undefined) return file
    const matching = table.filter(({ pattern }) => pattern.test(path))
    seen.protocol = matching[0]?.protocol
    seen.route = matching[0]?.path
    if (matching.length === 0) throw new Refusal(404, 'Not found')
    const route = matching.find((row) => row.method === method)
    if (route === undefined)
      throw new Refusal(405, 'Method not allowed', { Allow: matching.map((row) => row.method).join(', ') })

    const params = unescaped(route.pattern.exec(path)?.groups ?? {})
    const search = rest.join('?')
    const query = new URLSearchParams(search)
    const body = await readBody(request)
    if (route.protocol !== undefined) await disturb()
    return jsonAnswer(
      route.handle({
        apps,
        now,
        seen,
        request: { method, path, search, params, query, headers: request.headers, body },
      }),
    )
  }

  return (request, response) => {
    const start = performance.now()
    const seen: Seen = {}

    function send(status: number, { headers, body }: Answer): void {
      response.writeHead(status, { ...headers, 'Cache-Control': 'no-store' })
      response.end(body)
    }
    function note(status: number, refusal?: Refusal): void {
      const { method = '', url = '' } = request
      const [path = ''] = url.split('?')
      const ms = performance.now() - start
      log.write(seen.app?.id, () => ({
        type: 'request',
        method,
        // A segment that names no app may be a secret in the place of a key.
        path: seen.app === undefined ? (seen.route ?? path.replace(/(\/apps?)\/[^/]+/g, '$1/…')) : path,
        protocol: seen.protocol,
        status,
        ms,
        error: refusal?.message,
        explanation: refusal?.explain?.(),
      }))
    }
    function refuse(refusal: Refusal): void {
      send(refusal.status, jsonAnswer({ error: refusal.message }, refusal.headers))
      note(refusal.status, refusal)
    }
    answer(request, seen).then(
      (found) => {
        send(200, found)
        // Whoever looks at the service itself is no app.
        if (seen.protocol !== undefined) note(200)
      },
      (error: unknown) => {
        if (error instanceof Refusal) return refuse(error)
        // A mistake in this package: whoever runs it should see it, and the service should go on.
        console.error(error)
        refuse(new Refusal(500, 'Internal error'))
      },
    )
  }
}

interface Answer {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

function jsonAnswer(value: object, headers: Readonly<Record<string, string>> = {}): Answer {
  return { headers: { ...headers, 'Content-Type': 'application/json' }, body: JSON.stringify(value) }
}

function unescaped(groups: Readonly<Record<string, string>>): Record<string, string> {
  try {
    return Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value)]))
  } catch {
    throw new Refusal(404, 'Not found')
  }
}
