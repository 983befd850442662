import { randomInt } from 'node:crypto'
import type { RawData, WebSocket } from 'ws'
import type { RunningApp } from '../app.ts'
import type { Subscriber } from '../channels.ts'
import { errorFrame } from '../frame.ts'
import type { Settings } from '../options.ts'
import { RateLimit } from '../rate-limit.ts'
import { relayClientEvent } from './client-event.ts'
import { Heartbeat } from './heartbeat.ts'
import { ProtocolError } from './protocol-error.ts'
import { type Frame, readFrame } from './read-frame.ts'
import { subscribe, unsubscribe } from './subscribe.ts'

/** One client that is connected to an app. */
export interface Connection extends Subscriber {
  readonly app: RunningApp
  readonly clientEventLimit: RateLimit
}

const clientEventsPerSecond = 10

const handlers: ReadonlyMap<string, (connection: Connection, frame: Frame) => void> = new Map([
  ['pusher:ping', (connection) => connection.send('{"event":"pusher:pong","data":{}}')],
  ['pusher:pong', () => {}],
  ['pusher:subscribe', subscribe],
  ['pusher:unsubscribe', unsubscribe],
])

/** Greets a client and serves it until its socket closes. */
export function openConnection(socket: WebSocket, app: RunningApp, settings: Settings): void {
  const { activityTimeout, pongTimeout, now } = settings
  const connection: Connection = {
    app,
    socketId: `${randomInt(2 ** 32)}.${randomInt(2 ** 32)}`,
    clientEventLimit: new RateLimit(clientEventsPerSecond, now),
    send: (frame) => socket.send(frame),
  }
  const heartbeat = new Heartbeat({
    idleMs: activityTimeout * 1000,
    answerMs: pongTimeout * 1000,
    ask: () => connection.send('{"event":"pusher:ping","data":{}}'),
    giveUp: () => socket.close(4201, 'Pong reply not received'),
  })

  socket.on('message', (data: RawData, isBinary: boolean) => {
    heartbeat.touch()
    try {
      receive(connection, readFrame(data, isBinary))
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      connection.send(errorFrame(error.message, error.code))
    }
  })
  socket.once('close', () => {
    heartbeat.stop()
    app.channels.leaveAll(connection)
  })

  const greeting = JSON.stringify({ socket_id: connection.socketId, activity_timeout: activityTimeout })
  connection.send(JSON.stringify({ event: 'pusher:connection_established', data: greeting }))
}

function receive(connection: Connection, frame: Frame): void {
  const handle = frame.event.startsWith('client-') ? relayClientEvent : handlers.get(frame.event)
  if (handle === undefined) throw new ProtocolError('Unknown event')
  handle(connection, frame)
}
