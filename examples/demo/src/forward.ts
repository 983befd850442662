import { type IncomingMessage, request, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'

/**
 * Carries a request to the app at `origin`, and its answer back, as a reverse proxy does. Its cookies are for `scope`
 * alone: two windows of one browser share their cookies, and yet they are two people here.
 */
export function forward(incoming: IncomingMessage, outgoing: ServerResponse, origin: string, scope: string): void {
  const { method = 'GET', headers } = incoming
  const path = incoming.url?.slice(scope.length) ?? '/'
  const forwarded = request(origin, { method, path, headers }, (answer) => {
    const { connection: _, 'keep-alive': __, 'set-cookie': cookies, ...rest } = answer.headers
    if (cookies !== undefined)
      outgoing.setHeader(
        'set-cookie',
        cookies.map((cookie) => scopeCookie(cookie, scope)),
      )
    outgoing.writeHead(answer.statusCode ?? 502, rest)
    pipeline(answer, outgoing, () => {}) // Whoever leaves early wants no answer.
  })
  const fail = () => {
    if (outgoing.headersSent) outgoing.destroy()
    else outgoing.writeHead(502).end()
  }
  forwarded.on('error', fail)
  forwarded.on('upgrade', (_answer, socket) => {
    socket.destroy()
    fail()
  })
  outgoing.on('close', () => forwarded.destroy())
  incoming.pipe(forwarded)
}

function scopeCookie(cookie: string, scope: string): string {
  return cookie.replace(/; *path=\/(?=;|$)/i, `; Path=${scope}`)
}
