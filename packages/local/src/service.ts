import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import type { App } from './app.ts'
import type { Disturb } from './http/disturb.ts'
import { requestListener } from './http/router.ts'
import { Log, type LogListener } from './log/log.ts'
import { strangerFinder } from './neighbours.ts'
import { type LocalOptions, resolveOptions } from './options.ts'
import { runApps } from './running-app.ts'
import { payloadLimit, upgradeListener } from './socket/accept.ts'
import { ClientSocket } from './socket/client-socket.ts'

/** A running service. */
export interface LocalService {
  /** `http://127.0.0.1:PORT`: the endpoint for `PingerchipsServer`. */
  readonly url: string
  /** Always `127.0.0.1`. */
  readonly host: string
  /** The TCP port: the one that was asked for, or the one that the system picked. */
  readonly port: number
  /** The apps that it serves. */
  readonly apps: readonly App[]
  /**
   * Calls `listener` with whatever happens from now on, in order and at once. While nobody listens nothing is noted
   * down. A listener that throws or rejects is reported on the console, and the service goes on.
   * @returns ends it
   */
  onLog(listener: LogListener): () => void
  /**
   * Closes every connection (clients see 1001), every timer and the port. Resolves when nothing is left. A second
   * call answers the same.
   */
  close(): Promise<void>
}

/** How long clients have to answer the closing handshake, in milliseconds, before their socket is cut. */
const closeGraceMs = 100

/**
 * Starts a Pingerchips service on 127.0.0.1. For development, demos and tests, never production: state is in
 * memory, and the credentials are no secret.
 * @throws {TypeError} an option that is unknown or out of its limits
 * @throws {Error} with `code: 'EADDRINUSE'` when the port is taken, `'EACCES'` when it may not be used
 */
export async function startLocal(options: LocalOptions = {}): Promise<LocalService> {
  return startDisturbed(options, async () => {})
}

/** @param disturb is asked before each request of the HTTP API is served, and may keep it from being */
export async function startDisturbed(options: LocalOptions, disturb: Disturb): Promise<LocalService> {
  const settings = resolveOptions(options)
  const log = new Log(settings.now)
  const apps = runApps(settings.apps, settings.eventsPerSecond, settings.now, log)
  const findStranger = strangerFinder(settings.origins)

  const server = createServer(requestListener(apps, findStranger, settings.now, log, disturb))
  const sockets = new WebSocketServer({ noServer: true, maxPayload: payloadLimit, WebSocket: ClientSocket })
  server.on('upgrade', upgradeListener(sockets, apps, findStranger, settings, log))

  server.listen(settings.port, '127.0.0.1')
  await once(server, 'listening')
  // A server on a TCP port answers an object here; a string is a pipe's, null a closed server's.
  const { address, port } = server.address() as AddressInfo

  async function stop(): Promise<void> {
    // A socket tells of its end after the server does, and only then has its connection been cleared away.
    const ends = [server, ...sockets.clients].map((end) => new Promise((resolve) => end.once('close', resolve)))
    server.close()
    server.closeAllConnections()
    for (const socket of sockets.clients) socket.close(1001, 'The service has stopped')
    const cut = setTimeout(() => {
      for (const socket of sockets.clients) socket.terminate()
    }, closeGraceMs)
    await Promise.all(ends)
    clearTimeout(cut)
  }

  let stopped: Promise<void> | undefined
  return {
    url: `http://${address}:${port}`,
    host: address,
    port,
    apps: settings.apps,
    onLog: (listener) => log.listen(listener),
    close() {
      stopped ??= stop()
      return stopped
    },
  }
}
