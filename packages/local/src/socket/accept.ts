import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket, WebSocketServer } from 'ws'
import { openConsole } from '../console/open.ts'
import { explainUnknownApp } from '../explain/app.ts'
import { explainStranger } from '../explain/stranger.ts'
import { errorFrame } from '../frame.ts'
import type { Log } from '../log/log.ts'
import type { FindStranger } from '../neighbours.ts'
import type { Settings } from '../options.ts'
import type { RunningApp, RunningApps } from '../running-app.ts'
import { openConnection } from './connection.ts'
import { ProtocolError } from './protocol-error.ts'
import { frameLimit } from './read-frame.ts'

/** Past this many bytes a frame is not read to its end: the socket closes with 1009 instead of getting an error. */
export const payloadLimit: number = 8 * frameLimit

const protocolVersion = 7

/** Takes a WebSocket request to `/app/{key}?protocol=7` from the handshake to an open connection. */
export function upgradeListener(
  sockets: WebSocketServer,
  apps: RunningApps,
  findStranger: FindStranger,
  settings: Settings,
  log: Log,
): (request: IncomingMessage, stream: Duplex, head: Buffer) => void {
  return (request, stream, head) => {
    const stranger = findStranger(request.headers)
    if (stranger !== undefined) {
      refuseUpgrade(stream, stranger)
      log.write(undefined, () => ({
        type: 'connection_refused',
        code: 403,
        reason: stranger,
        explanation: explainStranger(request.headers),
      }))
      return
    }
    const { url = '' } = request
    if (url === '/console' && !isOwnPage(request.headers)) {
      refuseUpgrade(stream, 'Origin not allowed')
      return
    }
    sockets.handleUpgrade(request, stream, head, (socket) => {
      // ws closes the socket itself after a violation of RFC 6455; unheard, the event would end the process.
      socket.on('error', () => {})
      if (url === '/console') {
        openConsole(socket, apps, log)
        return
      }
      try {
        openConnection(socket, appOf(url, apps), settings)
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
        const { message, closeCode = 1008, explain } = error
        refuseConnection(socket, error, closeCode)
        log.write(undefined, () => ({
          type: 'connection_refused',
          code: closeCode,
          reason: message,
          explanation: explain?.(),
        }))
      }
    })
  }
}

/** The console shows and may do everything, so no other page gets it, not even one of this machine. */
function isOwnPage({ host, origin }: IncomingHttpHeaders): boolean {
  return origin === `http://${host}`
}

function appOf(url: string, apps: RunningApps): RunningApp {
  const [path = '', query = ''] = url.split('?')
  const key = /^\/app\/([^/]+)$/.exec(path)?.[1]
  if (key === undefined) throw new ProtocolError('Path not found', 4005)
  const version = new URLSearchParams(query).get('protocol')
  if (version === null) throw new ProtocolError('No protocol version supplied', 4008)
  if (!/^\d+$/.test(version)) throw new ProtocolError('Invalid version string format', 4006)
  if (Number(version) !== protocolVersion)
    throw new ProtocolError(`Unsupported protocol version: this service speaks ${protocolVersion}`, 4007)
  const app = apps.byKey.get(key)
  if (app === undefined) throw new ProtocolError('App not found', 4001, () => explainUnknownApp(apps.byKey, 'key'))
  return app
}

function refuseConnection(socket: WebSocket, { message, code }: ProtocolError, closeCode: number): void {
  socket.send(errorFrame(message, code))
  socket.close(closeCode, message)
}

function refuseUpgrade(stream: Duplex, error: string): void {
  const body = JSON.stringify({ error })
  stream.on('error', () => {})
  stream.once('finish', () => stream.destroy())
  stream.end(
    `HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
}
