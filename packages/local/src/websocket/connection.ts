import { randomInt } from 'node:crypto'
import type { RawData, WebSocket } from 'ws'
import { errorFrame, serviceFrame } from '../protocol/frames.ts'
import type { Connection } from '../state/connections.ts'
import { RateLimit } from '../state/rate-limit.ts'
import type { RunningApp } from '../state/running-app.ts'
import { relayClientEvent } from './client-event.ts'
import type { NetworkFaults } from './faults.ts'
import { Heartbeat } from './heartbeat.ts'
import { type Frame, ProtocolError, readFrame } from './read-frame.ts'
import { signIn } from './sign-in.ts'
import { subscribe, unsubscribe } from './subscribe.ts'

/** Bytes that a client may leave unread before its connection is terminated. */
const backlogLimit = 16 * 1024 * 1024

type FrameHandler = (app: RunningApp, connection: Connection, frame: Frame) => void

const handlers: ReadonlyMap<string, FrameHandler> = new Map([
  ['pusher:ping', (_app, connection) => connection.send('{"event":"pusher:pong","data":{}}')],
  ['pusher:pong', () => {}],
  ['pusher:signin', signIn],
  ['pusher:subscribe', subscribe],
  ['pusher:unsubscribe', unsubscribe],
] satisfies [string, FrameHandler][])

/** Greets a client and serves it until its connection ends. */
export function openConnection(socket: WebSocket, app: RunningApp, faults: NetworkFaults): void {
  const { activityTimeout, pongTimeout, signInTimeout, clientEventsPerSecond, now } = app.settings
  const socketId = `${randomInt(2 ** 32)}.${randomInt(2 ** 32)}`
  function sendNow(frame: string): void {
    if (socket.bufferedAmount > backlogLimit) socket.terminate()
    else socket.send(frame)
  }
  // Frames keep their order if the latency changes.
  let delayed = 0
  let lastAt = 0
  function sendLater(frame: string): void {
    const now = performance.now()
    lastAt = Math.max(lastAt, now + faults.latencyMs)
    delayed += 1
    setTimeout(() => {
      delayed -= 1
      if (socket.readyState === socket.OPEN) sendNow(frame)
    }, lastAt - now).unref()
  }
  const connection: Connection = {
    socketId,
    clientEventLimit: new RateLimit(clientEventsPerSecond, now),
    send(frame) {
      if (faults.latencyMs > 0 || delayed > 0) sendLater(frame)
      else sendNow(frame)
    },
    end(code, reason) {
      connection.send(errorFrame(reason, code))
      close(code, reason)
    },
    cut: () => socket.terminate(),
  }
  const heartbeat = new Heartbeat({
    idleMs: activityTimeout * 1000,
    pongMs: pongTimeout * 1000,
    ping: () => connection.send('{"event":"pusher:ping","data":{}}'),
    onTimeout: () => close(4201, 'Pong reply not received'),
  })

  const signInTimer = signInTimeout === 0 ? undefined : setTimeout(requireSignIn, signInTimeout * 1000).unref()
  function requireSignIn(): void {
    if (app.users.of(connection) === undefined)
      connection.end(4009, `The client did not sign in within ${signInTimeout} seconds`)
  }

  let ended = false
  function end(code: number): void {
    if (ended) return
    ended = true
    heartbeat.stop()
    clearTimeout(signInTimer)
    app.users.signOut(connection)
    app.connections.remove(connection)
    for (const channel of app.channels.leaveAll(connection))
      app.log(() => ({ type: 'unsubscribed', socketId, channel }))
    app.log(() => ({ type: 'disconnected', socketId, code }))
  }

  // State ends before TCP does: a client that ignores the closing handshake would keep its member for half a minute.
  function close(code: number, reason: string): void {
    socket.close(code, reason)
    end(code)
  }

  socket.on('message', (data: RawData, isBinary: boolean) => {
    // Frames that were in flight when the connection ended.
    if (socket.readyState !== socket.OPEN) return
    heartbeat.touch()
    let event = ''
    try {
      const frame = readFrame(data, isBinary)
      event = frame.event
      handlerOf(frame)(app, connection, frame)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      const { message, code, closeCode, explain } = error
      app.log(() =>
        event === 'pusher:signin'
          ? { type: 'signin_refused', socketId, reason: message, explanation: explain?.() }
          : { type: 'frame_refused', socketId, code, reason: message },
      )
      if (closeCode === undefined) connection.send(errorFrame(message, code))
      else connection.end(closeCode, message)
    }
  })
  // WebSocket pings and pongs are activity, as of a client whose library sends no pusher:ping.
  socket.on('ping', () => heartbeat.touch())
  socket.on('pong', () => heartbeat.touch())
  socket.once('closing', end)
  socket.once('close', end)

  const greeting = { socket_id: socketId, activity_timeout: activityTimeout }
  app.connections.add(connection)
  connection.send(serviceFrame('pusher:connection_established', greeting))
  app.log(() => ({ type: 'connected', socketId }))
}

function handlerOf({ event }: Frame): FrameHandler {
  const handler = event.startsWith('client-') ? relayClientEvent : handlers.get(event)
  if (handler === undefined) throw new ProtocolError('Unknown event')
  return handler
}
