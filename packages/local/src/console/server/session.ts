import type { RawData, WebSocket } from 'ws'
import { HttpError, validationFailed } from '../../http/http-error.ts'
import { publish } from '../../http/publish.ts'
import { defaultApp } from '../../protocol/credentials.ts'
import { isRecord, parseJson } from '../../protocol/json.ts'
import { isTarget } from '../../protocol/names.ts'
import type { Log } from '../../state/log.ts'
import type { LogEntry } from '../../state/log-event.ts'
import type { RunningApp, RunningApps } from '../../state/running-app.ts'
import type { LogHistory } from './history.ts'
import type { ToConsole, Triggered } from './messages.ts'
import { Sample } from './sample.ts'
import { snapshotOf } from './snapshot.ts'

/** Milliseconds between two batches, and between two snapshots, under load. */
const batchMs = 100
const snapshotMs = 250

/** A page receives nothing more while it has this many bytes unread. */
const backlogLimit = 1_048_576

const changesState: ReadonlySet<LogEntry['type']> = new Set([
  'connected',
  'disconnected',
  'subscribed',
  'unsubscribed',
  'signed_in',
])

/** Serves one open console until its socket closes. The caller has verified that the page is the service's own. */
export function openConsole(socket: WebSocket, apps: RunningApps, log: Log, history: LogHistory): void {
  const running = [...apps.byId.values()]
  const sample = new Sample(() => performance.now())
  const send = (message: ToConsole) => socket.send(JSON.stringify(message))

  const batches = new Throttle(batchMs, () => {
    if (socket.bufferedAmount < backlogLimit) send(sample.take())
    else batches.request()
  })
  const snapshots = new Throttle(snapshotMs, () => {
    if (socket.bufferedAmount < backlogLimit)
      send({ type: 'snapshot', apps: running.map((app) => snapshotOf(app, sample.focus)) })
    else snapshots.request()
  })
  const stop = log.listen((entry) => {
    sample.add(entry)
    batches.request()
    if (changesState.has(entry.type)) snapshots.request()
  })
  socket.once('close', () => {
    stop()
    batches.stop()
    snapshots.stop()
  })

  socket.on('message', (data: RawData) => {
    const message = parseJson(data.toString())
    if (!isRecord(message)) return
    const { type, channel, app, id } = message
    if (type === 'focus' && typeof channel === 'string') {
      sample.focus = channel
      snapshots.request()
    }
    if (type === 'resend' && typeof app === 'string' && typeof id === 'string') apps.byId.get(app)?.webhooks?.resend(id)
    if (type === 'trigger' && typeof app === 'string') send(trigger(apps.byId.get(app), message))
  })

  send({ type: 'hello', apps: running.map(greeted) })
  let isFirst = true
  for (const entries of history.messages()) {
    send({ type: 'history', isFirst, entries })
    isFirst = false
  }
  history.start()
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
    if (!(error instanceof HttpError)) throw error
    return { type: 'triggered', error: error.message }
  }
}

/** Runs a function once, some time after the first of any number of requests. */
class Throttle {
  readonly #ms: number
  readonly #run: () => void
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(ms: number, run: () => void) {
    this.#ms = ms
    this.#run = run
  }

  request(): void {
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
