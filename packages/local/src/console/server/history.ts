import type { Log } from '../../state/log.ts'
import type { LogEntry } from '../../state/log-event.ts'

/** Entries that are kept, and their largest size in characters, roughly. The oldest are dropped first. */
const entryLimit = 10_000
const sizeLimit = 32 * 1024 * 1024
/** Characters of JSON in one message. */
const messageSize = 524_288

/**
 * The last log entries, which a console shows again after a reload. It begins with the first console: a service without
 * one, such as in a test, keeps nothing.
 */
export class LogHistory {
  readonly #log: Log
  #entries: { readonly entry: LogEntry; readonly size: number }[] = []
  #size = 0
  #isStarted = false

  constructor(log: Log) {
    this.#log = log
  }

  /** Starts with the first call. */
  start(): void {
    if (this.#isStarted) return
    this.#isStarted = true
    this.#log.listen((entry) => this.#add(entry))
  }

  /** The entries in messages of a limited size, oldest first; at least one message. */
  *messages(): Generator<LogEntry[]> {
    let message: LogEntry[] = []
    let size = 0
    for (const { entry, size: entrySize } of this.#entries) {
      if (size + entrySize > messageSize && message.length > 0) {
        yield message
        message = []
        size = 0
      }
      message.push(entry)
      size += entrySize
    }
    yield message
  }

  #add(entry: LogEntry): void {
    const size = sizeOf(entry)
    this.#entries.push({ entry, size })
    this.#size += size
    let dropped = 0
    while (this.#entries.length - dropped > entryLimit || this.#size > sizeLimit) {
      this.#size -= this.#entries[dropped]?.size ?? 0
      dropped += 1
    }
    if (dropped > 0) this.#entries.splice(0, dropped)
  }
}

/** Roughly, without serializing each entry. */
function sizeOf(entry: LogEntry): number {
  const { stringToSign = '', signed = '', text = '' } = ('explanation' in entry && entry.explanation) || {}
  const data = entry.type === 'event' ? entry.data.length : 0
  const events = entry.type === 'webhook' ? JSON.stringify(entry.events).length : 0
  return 400 + data + events + stringToSign.length + signed.length + text.length
}
