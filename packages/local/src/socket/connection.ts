import { randomInt } from 'node:crypto'
import type { RawData, WebSocket } from 'ws'
import type { Subscriber } from '../channels.ts'
import { errorFrame, serviceFrame } from '../frame.ts'
import type { Settings } from '../options.ts'
import { RateLimit } from '../rate-limit.ts'
import type { RunningApp } from '../running-app.ts'
import type { Session } from '../users.ts'
import { relayClientEvent } from './client-event.ts'
import { Heartbeat } from './heartbeat.ts'
import { ProtocolError } from './protocol-error.ts'
import { type Frame, readFrame } from './read-frame.ts'
import { signIn } from './sign-in.ts'
import { subscribe, unsubscribe } from './subscribe.ts'

/** One client that is connected to an app. */
export interface Connection extends Subscriber, Session {
  readonly app: RunningApp
  readonly clientEventLimit: RateLimit
}

const clientEventsPerSecond = 10
/** Bytes that a client may leave unread before it is cut. */
const backlogLimit = 16 * 1024 * 1024

const handlers: ReadonlyMap<string, (connection: Connection, frame: Frame) => void> = new Map([
  ['pusher:ping', (connection) => connection.send('{"event":"pusher:pong","data":{}}')],
  ['pusher:pong', () => {}],
  ['pusher:signin', signIn],
  ['pusher:subscribe', subscribe],
  ['pusher:unsubscribe', unsubscribe],
])

/** Greets a client and serves it until its socket closes. */
export function openConnection(socket: WebSocket, app: RunningApp, settings: Settings): void {
  const { activityTimeout, pongTimeout, now } = settings
  const socketId = `${randomInt(2 ** 32)}.${randomInt(2 ** 32)}`
  const connection: Connection = {
    app,
    socketId,
    clientEventLimit: new RateLimit(clientEventsPerSecond, now),
    send(frame) {
      if (socket.bufferedAmount > backlogLimit) socket.terminate()
      else socket.send(frame)
    },
    end(code, reason) {
      connection.send(errorFrame(reason, code))
      hangUp(code, reason)
    },
  }
  const heartbeat = new Heartbeat({
    idleMs: activityTimeout * 1000,
    answerMs: pongTimeout * 1000,
    ask: () => connection.send('{"event":"pusher:ping","data":{}}'),
    giveUp: () => hangUp(4201, 'Pong reply not received'),
  })

  let left = false
  function leave(code: number): void {
    if (left) return
    left = true
    heartbeat.stop()
    app.users.signOut(connection)
    app.connections.remove(connection)
    for (const channel of app.channels.leaveAll(connection))
      app.log(() => ({ type: 'unsubscribed', socketId, channel }))
    app.log(() => ({ type: 'disconnected', socketId, code }))
  }

  // The others learn of it at once: a client that does not answer the closing handshake would keep its place for
  // half a minute.
  function hangUp(code: number, reason: string): void {
    socket.close(code, reason)
    leave(code)
  }

  socket.on('message', (data: RawData, isBinary: boolean) => {
    // What was on its way when the connection ended.
    if (socket.readyState !== socket.OPEN) return
    heartbeat.touch()
    let event = ''
    try {
      const frame = readFrame(data, isBinary)
      event = frame.event
      receive(connection, frame)
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
  // Activity of a client that sends no events, such as one whose library pings by itself.
  socket.on('ping', () => heartbeat.touch())
  socket.on('pong', () => heartbeat.touch())
  // A client's Close frame ends its subscriptions at once; its TCP connection may remain for half a minute.
  socket.once('closing', leave)
  socket.once('close', leave)

  const greeting = { socket_id: socketId, activity_timeout: activityTimeout }
  app.connections.add(connection)
  connection.send(serviceFrame('pusher:connection_established', greeting))
  app.log(() => ({ type: 'connected', socketId }))
}

function receive(connection: Connection, frame: Frame): void {
  const handle = frame.event.startsWith('client-') ? relayClientEvent : handlers.get(frame.event)
  if (handle === undefined) throw new ProtocolError('Unknown event')
  handle(connection, frame)
}
