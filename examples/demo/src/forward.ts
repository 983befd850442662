import { type IncomingMessage, request, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'

/**
 * Forwards a request to the app at `origin`, as a reverse proxy does. Scopes its cookies to the path `scope`: two windows of
 * one browser share their cookies, and are two users here.
 */
export function forward(incoming: IncomingMessage, outgoing: ServerResponse, origin: string, scope: string): void {
  const { method = 'GET', headers } = incoming
  const path = incoming.url?.slice(scope.length) ?? '/'
  const forwarded = request(origin, { method, path, headers }, (response) => {
    const { connection: _, 'keep-alive': __, 'set-cookie': cookies, ...rest } = response.headers
    if (cookies !== undefined)
      outgoing.setHeader(
        'set-cookie',
        cookies.map((cookie) => scopeCookie(cookie, scope)),
      )
    outgoing.writeHead(response.statusCode ?? 502, rest)
    pipeline(response, outgoing, () => {}) // A client that disconnected needs no response.
  })
  const fail = () => {
    if (outgoing.headersSent) outgoing.destroy()
    else outgoing.writeHead(502).end()
  }
  forwarded.on('error', fail)
  forwarded.on('upgrade', (_response, socket) => {
    socket.destroy()
    fail()
  })
  outgoing.on('close', () => forwarded.destroy())
  incoming.pipe(forwarded)
}

function scopeCookie(cookie: string, scope: string): string {
  return cookie.replace(/; *path=\/(?=;|$)/i, `; Path=${scope}`)
}
