import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, isIPv6 } from 'node:net'
import { ConsoleAccess } from './console/server/access.ts'
import type { RequestInterceptor } from './http/call.ts'
import { createOriginCheck, isLoopback } from './http/origin-guard.ts'
import { type PageFiles, requestListener } from './http/router.ts'
import { type LocalOptions, resolveOptions } from './options.ts'
import type { App } from './protocol/credentials.ts'
import { logDecision, onDecision } from './state/decisions.ts'
import { Log, type LogListener } from './state/log.ts'
import { runApps } from './state/running-app.ts'
import { type DisconnectOptions, disconnect, NetworkFaults, type RefuseOptions } from './websocket/faults.ts'
import { createSocketServer, upgradeListener } from './websocket/upgrade.ts'

/** A running service. */
export interface LocalService {
  /** `http://127.0.0.1:PORT` by default: the endpoint for `PingerchipsServer`. */
  readonly url: string
  /** Address of the console. Off loopback it contains a token. */
  readonly consoleUrl: string
  /** `127.0.0.1` by default. */
  readonly host: string
  /** The TCP port. */
  readonly port: number
  /** The apps that it serves. */
  readonly apps: readonly App[]
  /**
   * Calls `listener` with every log entry from now on, in order and synchronously. Entries are made only while there is
   * a listener. An error of a listener is printed, and the service continues.
   * @returns a function that removes the listener
   */
  onLog(listener: LogListener): () => void
  /**
   * Ends connections with a close code, so that reconnects can be tested. Without options: all, with 4200.
   * @returns the number of connections
   * @throws {TypeError} for a code out of its limits
   */
  disconnect(which?: DisconnectOptions): number
  /**
   * Refuses the next connections with a close code, such as 4100.
   * @throws {TypeError} for an option out of its limits
   */
  refuseConnections(which: RefuseOptions): void
  /**
   * Delays every frame to clients, from 0 to 60000 ms. Their order is kept. Default: 0.
   * @throws {TypeError} for a number out of its limits
   */
  setLatency(ms: number): void
  /**
   * Closes every connection (clients receive 1001), every timer and the port. Resolves when nothing is left. Further
   * calls return the same promise.
   */
  close(): Promise<void>
}

/** Milliseconds that clients have for the closing handshake before their socket is terminated. */
const closeGraceMs = 100

/** Parts that not every entry point needs. */
export interface ServiceParts {
  readonly interceptor?: RequestInterceptor
  /** Without it `/` is JSON, and the console's page is not served. */
  readonly pageFiles?: (access: ConsoleAccess) => PageFiles
}

/** Starts a service. `startLocal` is its public form. */
export async function startService(options: LocalOptions, parts: ServiceParts): Promise<LocalService> {
  const settings = resolveOptions(options)
  const { now } = settings
  const log = new Log(now)
  const apps = runApps(settings, log)
  const checkOrigin = createOriginCheck(settings.origins, !isLoopback(settings.host))

  const access = new ConsoleAccess()
  const listener = requestListener({
    apps,
    checkOrigin,
    now,
    log,
    interceptor: parts.interceptor,
    pageFiles: parts.pageFiles?.(access),
  })
  const { host, tls } = settings
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener)
  const faults = new NetworkFaults()
  const endDecisions = onDecision((decision) => logDecision(apps, log, decision))
  const sockets = createSocketServer()
  server.on('upgrade', upgradeListener(sockets, apps, checkOrigin, access, faults, log))

  server.listen(settings.port, host)
  await once(server, 'listening')
  // The address of a TCP server is an object; a string is a pipe's, null a closed server's.
  const { address, port } = server.address() as AddressInfo
  // Of the unspecified addresses, this machine reaches the service by loopback.
  const reachable = { '0.0.0.0': '127.0.0.1', '::': '::1' }[address] ?? address
  const authority = `${isIPv6(reachable) ? `[${reachable}]` : reachable}:${port}`
  const url = `${tls === undefined ? 'http' : 'https'}://${authority}`

  async function stop(): Promise<void> {
    endDecisions()
    // A socket emits its end after the server does, and its connection is removed only then.
    const ends = [server, ...sockets.clients].map((end) => new Promise((resolve) => end.once('close', resolve)))
    for (const { channels, webhooks } of apps.byId.values()) {
      channels.close()
      webhooks?.close()
    }
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
    url,
    consoleUrl: isLoopback(address) ? url : `${url}/?token=${access.token}`,
    host: reachable,
    port,
    apps: settings.apps,
    onLog: (listener) => log.listen(listener),
    disconnect: (which) => disconnect(apps, which),
    refuseConnections: (which) => faults.refuse(which),
    setLatency: (ms) => faults.setLatency(ms),
    close() {
      stopped ??= stop()
      return stopped
    },
  }
}
