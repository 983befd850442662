import { readFileSync } from 'node:fs'
import type { IncomingHttpHeaders, RequestListener } from 'node:http'
import { pusherJs, users } from '@examples/page'
import type { PingerchipsServer } from '@pingerchips/core'
import { defaultApp, type LocalService } from '@pingerchips/local'
import { type ExampleApp, exampleApps } from './apps.ts'
import { readExcerpts } from './code.ts'
import { forward } from './forward.ts'
import { type Listening, listen } from './listen.ts'

/** The page and the four apps behind it. */
export interface Demo extends Listening {
  /** The apps, each on a port of its own. */
  readonly apps: readonly { readonly name: string; readonly url: string }[]
}

type RunningApp = ExampleApp & Listening

/**
 * Starts the four example apps and the page for all of them.
 * @param anyPort whether the system picks the ports. Default: false, the same ports each time
 */
export async function startDemo(service: LocalService, client: PingerchipsServer, anyPort = false): Promise<Demo> {
  const apps: RunningApp[] = []
  for (const app of exampleApps)
    apps.push({ ...app, ...(await listen(await app.listener(client), anyPort ? 0 : app.port)) })
  const page = await listen(pageListener(service, apps), anyPort ? 0 : 3000)
  return {
    url: page.url,
    apps: apps.map(({ name, url }) => ({ name, url })),
    async close() {
      await Promise.all([page, ...apps].map((one) => one.close()))
    },
  }
}

/** Serves the page, and each app once for each user: `/koa/alice/…` is `/…` of the app. */
function pageListener(service: LocalService, apps: readonly RunningApp[]): RequestListener {
  const files = new Map([
    ['/', ['text/html', readPage('index.html')]],
    ['/style.css', ['text/css', readPage('style.css')]],
    ['/page.js', ['text/javascript', readPage('page.js')]],
    ['/pusher.js', ['text/javascript', pusherJs]],
    ['/demo.json', ['application/json', JSON.stringify(settings(service, apps))]],
  ])
  const headers = {
    'Cache-Control': 'no-store',
    'Content-Security-Policy': [
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'",
      `connect-src 'self' ws://${service.host}:${service.port}; frame-ancestors 'none'`,
    ].join('; '),
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  }
  return (request, response) => {
    if (isForeignOrigin(request.headers)) return void response.writeHead(403, headers).end('Forbidden')
    const path = request.url?.split('?', 1)[0] ?? ''
    const [, name, person = ''] = path.split('/')
    const app = apps.find((one) => one.name === name)
    if (app !== undefined && users.has(person) && path.startsWith(`/${name}/${person}/`))
      return forward(request, response, app.url, `/${name}/${person}`)
    const [type, body] = files.get(path) ?? []
    if (type === undefined) return void response.writeHead(404, headers).end('Not found')
    response.writeHead(200, { ...headers, 'Content-Type': `${type}; charset=utf-8` }).end(body)
  }
}

/** Whether the request comes from a page of another host or origin. */
function isForeignOrigin({ host = '', origin = `http://${host}` }: IncomingHttpHeaders): boolean {
  return !/^(localhost|127\.0\.0\.1)(:\d+)?$/.test(host) || origin !== `http://${host}`
}

/** The settings that the page loads first. */
function settings(service: LocalService, apps: readonly RunningApp[]) {
  return {
    appKey: defaultApp.key,
    wsHost: service.host,
    wsPort: service.port,
    consoleUrl: service.url,
    apps: apps.map(({ name, framework, folder }) => ({ name, framework, excerpts: readExcerpts(folder) })),
  }
}

function readPage(name: string): string {
  return readFileSync(new URL(`../page/${name}`, import.meta.url), 'utf8')
}
