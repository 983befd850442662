import type { RawData, WebSocket } from 'ws'
import { defaultApp } from '../app.ts'
import { publish } from '../http/publish.ts'
import { Refusal, validationFailed } from '../http/refusal.ts'
import { isRecord, parseJson } from '../json.ts'
import type { LogEntry } from '../log/entry.ts'
import type { Log } from '../log/log.ts'
import { isTarget } from '../names.ts'
import type { RunningApp, RunningApps } from '../running-app.ts'
import type { ToConsole, Triggered } from './messages.ts'
import { Sample } from './sample.ts'
import { snapshotOf } from './snapshot.ts'

/** Milliseconds between two batches, and between two snapshots, while something happens. */
const batchMs = 100
const snapshotMs = 250

/** A page that does not keep up gets no more until it has read all but so many bytes. */
const backlogLimit = 1_048_576

const changesState: ReadonlySet<LogEntry['type']> = new Set([
  'connected',
  'disconnected',
  'subscribed',
  'unsubscribed',
  'signed_in',
])

/** Serves one open console until its socket closes. Whoever calls it has made sure that the page is the service's own. */
export function openConsole(socket: WebSocket, apps: RunningApps, log: Log): void {
  const running = [...apps.byId.values()]
  const sample = new Sample(() => performance.now())
  const send = (message: ToConsole) => socket.send(JSON.stringify(message))

  const batches = new Soon(batchMs, () => {
    if (socket.bufferedAmount < backlogLimit) send(sample.take())
    else batches.ask()
  })
  const snapshots = new Soon(snapshotMs, () => {
    if (socket.bufferedAmount < backlogLimit)
      send({ type: 'snapshot', apps: running.map((app) => snapshotOf(app, sample.focus)) })
    else snapshots.ask()
  })
  const stop = log.listen((entry) => {
    sample.add(entry)
    batches.ask()
    if (changesState.has(entry.type)) snapshots.ask()
  })
  socket.once('close', () => {
    stop()
    batches.stop()
    snapshots.stop()
  })

  socket.on('message', (data: RawData) => {
    const message = parseJson(data.toString())
    if (!isRecord(message)) return
    const { type, channel, app } = message
    if (type === 'focus' && typeof channel === 'string') {
      sample.focus = channel
      snapshots.ask()
    }
    if (type === 'trigger' && typeof app === 'string') send(trigger(apps.byId.get(app), message))
  })

  send({ type: 'hello', apps: running.map(greeted) })
  send({ type: 'snapshot', apps: running.map((app) => snapshotOf(app, '')) })
}

function greeted({ id, key, secret, token }: RunningApp) {
  const isDefault = secret === defaultApp.secret && token === defaultApp.token
  return { id, key, secret: isDefault ? secret : undefined, token: isDefault ? token : undefined }
}

function trigger(app: RunningApp | undefined, message: Readonly<Record<string, unknown>>): Triggered {
  if (app === undefined) return { type: 'triggered', error: 'App not found' }
  const { channel, event, data } = message
  try {
    if (typeof data !== 'string') throw validationFailed('data must be text')
    const receivers = publish(app, [{ channels: [channel], event, data }], isTarget)
    return { type: 'triggered', receivers }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { type: 'triggered', error: error.message }
  }
}

/** Does something a while after it was asked for, once however often that was. */
class Soon {
  readonly #ms: number
  readonly #run: () => void
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(ms: number, run: () => void) {
    this.#ms = ms
    this.#run = run
  }

  ask(): void {
    if (this.#stopped) return
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#run()
    }, this.#ms)
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }
}
