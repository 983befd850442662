import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocket, WebSocketServer } from 'ws'
import type { ConsoleAccess } from '../console/server/access.ts'
import { LogHistory } from '../console/server/history.ts'
import { openConsole } from '../console/server/session.ts'
import { explainUnknownApp } from '../explain/credentials.ts'
import { explainForeignOrigin, type OriginCheck } from '../http/origin-guard.ts'
import { errorFrame } from '../protocol/frames.ts'
import type { Log } from '../state/log.ts'
import type { RunningApp, RunningApps } from '../state/running-app.ts'
import { openConnection } from './connection.ts'
import type { NetworkFaults } from './faults.ts'
import { frameLimit, ProtocolError } from './read-frame.ts'

/** A frame of more bytes is not read to its end: the socket closes with 1009 and no `pusher:error`. */
const payloadLimit = 8 * frameLimit

/** Versions differ in nothing that this service sends: Android and .NET clients send 5, some Python clients 6. */
const protocolVersions: readonly number[] = [5, 6, 7]

/**
 * A socket that emits `closing` with the code as soon as a closing handshake begins, on either side. ws emits `close`
 * only when TCP ends, for which it waits 30 seconds; on a Close frame it calls the public method `close`.
 */
class ClientSocket extends WebSocket {
  override close(code?: number, reason?: string | Buffer): void {
    super.close(code, reason)
    this.emit('closing', code ?? 1005)
  }
}

export function createSocketServer(): WebSocketServer {
  return new WebSocketServer({ noServer: true, maxPayload: payloadLimit, WebSocket: ClientSocket })
}

/** Creates the listener for WebSocket requests: `/app/{key}?protocol=7`, and `/console` for the console's own page. */
export function upgradeListener(
  sockets: WebSocketServer,
  apps: RunningApps,
  checkOrigin: OriginCheck,
  access: ConsoleAccess,
  faults: NetworkFaults,
  log: Log,
): (request: IncomingMessage, stream: Duplex, head: Buffer) => void {
  const history = new LogHistory(log)
  return (request, stream, head) => {
    const foreignOrigin = checkOrigin(request.headers)
    if (foreignOrigin !== undefined) {
      refuseUpgrade(stream, foreignOrigin)
      log.write(undefined, () => ({
        type: 'connection_refused',
        code: 403,
        reason: foreignOrigin,
        explanation: explainForeignOrigin(request.headers),
      }))
      return
    }
    const { url = '' } = request
    if (url === '/console' && !access.mayConnect(request)) {
      refuseUpgrade(stream, 'Origin not allowed')
      return
    }
    sockets.handleUpgrade(request, stream, head, (socket) => {
      // ws closes the socket itself after a violation of RFC 6455. Without a listener the event would end the process.
      socket.on('error', () => {})
      if (url === '/console') {
        openConsole(socket, apps, log, history)
        return
      }
      try {
        const app = appOf(url, apps)
        const refusal = faults.nextRefusal()
        if (refusal !== undefined) throw new ProtocolError(refusal.reason, refusal.code)
        openConnection(socket, app, faults)
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

function appOf(url: string, apps: RunningApps): RunningApp {
  const [path = '', query = ''] = url.split('?')
  const key = /^\/app\/([^/]+)$/.exec(path)?.[1]
  if (key === undefined) throw new ProtocolError('Path not found', 4005)
  const version = new URLSearchParams(query).get('protocol')
  if (version === null) throw new ProtocolError('No protocol version supplied', 4008)
  if (!/^\d+$/.test(version)) throw new ProtocolError('Invalid version string format', 4006)
  if (!protocolVersions.includes(Number(version)))
    throw new ProtocolError(`Unsupported protocol version: this service supports ${protocolVersions.join(', ')}`, 4007)
  const app = apps.byKey.get(key)
  if (app === undefined) throw new ProtocolError('App not found', 4001, () => explainUnknownApp(apps.byKey, 'key'))
  const { connectionLimit } = app.settings
  if (app.connections.count >= connectionLimit)
    throw new ProtocolError(`The app is over its quota of connections (max ${connectionLimit})`, 4004)
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
