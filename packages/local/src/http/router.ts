import type { IncomingMessage, RequestListener } from 'node:http'
import { logDecision, toDecision } from '../state/decisions.ts'
import type { Log } from '../state/log.ts'
import type { TriggerProtocol } from '../state/log-event.ts'
import type { RunningApps } from '../state/running-app.ts'
import { type Handler, parseBody, type RequestInterceptor, type RequestTrace, readBody } from './call.ts'
import { HttpError, invalidSignature, validationFailed } from './http-error.ts'
import { explainForeignOrigin, type OriginCheck } from './origin-guard.ts'
import { triggerByToken, triggerSigned } from './pingerchips-api.ts'
import { getChannel, getChannels, getUsers, postBatch, postEvent, terminateConnections } from './pusher-api.ts'

const about: Handler = () => ({
  service: '@pingerchips/local',
  purpose: 'development, demos and tests on this machine; never production',
})

/** Decisions of an app in another process, signed with the app's secret. */
const postDecisions: Handler = ({ apps, log, request }) => {
  const { headers, body } = request
  const app = apps.byKey.get(headers['x-app-key']?.toString() ?? '')
  if (app === undefined || !app.verify(headers['x-signature'], 'pingerchips:decisions\n', body))
    throw invalidSignature(() => ({
      text: 'A report of decisions is signed with another secret than the app of its key.',
    }))
  const { decisions } = parseBody(body)
  if (!Array.isArray(decisions)) throw validationFailed('the body must be { decisions: […] }')
  for (const value of decisions) {
    const decision = toDecision(value)
    if (decision === undefined) throw validationFailed('each of the decisions must be a decision')
    logDecision(apps, log, decision, app)
  }
  return { ok: true }
}

const routes: readonly (readonly [method: string, path: string, handle: Handler, protocol?: TriggerProtocol])[] = [
  ['GET', '/', about],
  // Apps identify the service by it before they send decisions.
  ['GET', '/decisions', about],
  ['POST', '/decisions', postDecisions],
  ['POST', '/api/apps/{key}/trigger', triggerSigned, 'signed'],
  ['POST', '/api/trigger', triggerByToken, 'token'],
  ['POST', '/apps/{id}/events', postEvent, 'pusher'],
  ['POST', '/apps/{id}/batch_events', postBatch, 'pusher'],
  ['GET', '/apps/{id}/channels', getChannels, 'pusher'],
  ['GET', '/apps/{id}/channels/{channel}', getChannel, 'pusher'],
  ['GET', '/apps/{id}/channels/{channel}/users', getUsers, 'pusher'],
  ['POST', '/apps/{id}/users/{user}/terminate_connections', terminateConnections, 'pusher'],
]

const table = routes.map(([method, path, handle, protocol]) => ({
  method,
  path,
  handle,
  protocol,
  pattern: new RegExp(`^${path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`),
}))

/** A successful response. */
export interface HttpResponse {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/** Returns a file of the console's page; `undefined` if the path names none. @throws {HttpError} without access */
export type PageFiles = (path: string, request: IncomingMessage) => Promise<HttpResponse | undefined>

export interface RouterOptions {
  readonly apps: RunningApps
  readonly checkOrigin: OriginCheck
  readonly now: () => number
  readonly log: Log
  readonly interceptor: RequestInterceptor | undefined
  readonly pageFiles: PageFiles | undefined
}

/** Creates the listener of the HTTP server. */
export function requestListener(options: RouterOptions): RequestListener {
  return (request, response) => {
    const start = performance.now()
    const trace: RequestTrace = {}

    function send(status: number, { headers, body }: HttpResponse): void {
      const length = { 'Content-Length': String(Buffer.byteLength(body)), 'Cache-Control': 'no-store' }
      response.writeHead(status, { ...headers, ...length })
      response.end(body)
    }
    function write(status: number, error?: HttpError): void {
      const { method = '', url = '' } = request
      const [path = ''] = url.split('?')
      const ms = performance.now() - start
      options.log.write(trace.app?.id, () => ({
        type: 'request',
        method,
        // A segment that names no app may be a secret in the place of a key.
        path: trace.app === undefined ? (trace.route ?? path.replace(/(\/apps?)\/[^/]+/g, '$1/…')) : path,
        protocol: trace.protocol,
        status,
        ms,
        error: error?.message,
        explanation: error?.explain?.(),
      }))
    }
    function refuse(error: HttpError): void {
      const status = trace.protocol === 'pusher' ? error.pusherStatus : error.status
      send(status, jsonResponse({ error: error.message }, error.headers))
      write(status, error)
    }
    handle(request, trace, options).then(
      (found) => {
        send(200, found)
        // Requests for the console's page belong to no app.
        if (trace.protocol !== undefined) write(200)
      },
      (error: unknown) => {
        if (error instanceof HttpError) return refuse(error)
        // A bug of this package: it is printed, and the service continues.
        console.error(error)
        refuse(new HttpError(500, 'Internal error'))
      },
    )
  }
}

async function handle(request: IncomingMessage, trace: RequestTrace, options: RouterOptions): Promise<HttpResponse> {
  const { apps, checkOrigin, now, log, interceptor, pageFiles } = options
  const foreignOrigin = checkOrigin(request.headers)
  if (foreignOrigin !== undefined)
    throw new HttpError(403, foreignOrigin, {}, () => explainForeignOrigin(request.headers))

  const { method = '', url = '', headers } = request
  const [path = '', ...rest] = url.split('?')
  const file = method === 'GET' ? await pageFiles?.(path, request) : undefined
  if (file !== undefined) return file
  const matching = table.filter(({ pattern }) => pattern.test(path))
  trace.protocol = matching[0]?.protocol
  trace.route = matching[0]?.path
  if (matching.length === 0) throw new HttpError(404, 'Not found')
  const route = matching.find((row) => row.method === method)
  if (route === undefined)
    throw new HttpError(405, 'Method not allowed', { Allow: matching.map((row) => row.method).join(', ') })

  const params = unescaped(route.pattern.exec(path)?.groups ?? {})
  const search = rest.join('?')
  const query = new URLSearchParams(search)
  const body = await readBody(request)
  if (route.protocol !== undefined) await interceptor?.()
  return jsonResponse(
    route.handle({ apps, now, log, trace, request: { method, path, search, params, query, headers, body } }),
  )
}

function jsonResponse(value: object, headers: Readonly<Record<string, string>> = {}): HttpResponse {
  return { headers: { ...headers, 'Content-Type': 'application/json' }, body: JSON.stringify(value) }
}

function unescaped(groups: Readonly<Record<string, string>>): Record<string, string> {
  try {
    return Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value)]))
  } catch {
    throw new HttpError(404, 'Not found')
  }
}
