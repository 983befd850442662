import type { LogEntry, LogEvent } from './log-event.ts'

/** Called with each log entry, in order. An error that it throws is printed, and the service continues. */
export type LogListener = (entry: LogEntry) => void

/** Writes an entry of one app. `event` is called only if there is a listener. */
export type WriteLog = (event: () => LogEvent) => void

/** Passes log entries to listeners. */
export class Log {
  readonly #listeners = new Set<{ readonly listener: LogListener }>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** Adds a listener. Returns the function that removes it. */
  listen(listener: LogListener): () => void {
    // A registration of its own, so that one function may be added twice.
    const registration = { listener }
    this.#listeners.add(registration)
    return () => {
      this.#listeners.delete(registration)
    }
  }

  /** @param app the app's id; `undefined` where it is not known */
  write(app: string | undefined, event: () => LogEvent): void {
    if (this.#listeners.size === 0) return
    try {
      const entry: LogEntry = { at: this.#now(), app, ...event() }
      for (const { listener } of [...this.#listeners]) void call(listener, entry)
    } catch (error) {
      // An explanation that fails must not end the service: its input came from an unauthenticated sender.
      console.error(error)
    }
  }
}

/** Calls a listener synchronously. Prints the error of one that throws or rejects. */
async function call(listener: LogListener, entry: LogEntry): Promise<void> {
  try {
    await listener(entry)
  } catch (error) {
    console.error(error)
  }
}
