import type { Happening, LogEntry } from './entry.ts'

/** Hears of whatever happens, as it happens. What it throws is printed and disturbs nothing. */
export type LogListener = (entry: LogEntry) => void

/** Notes what happened in one app. The entry is made only if somebody listens. */
export type WriteLog = (happening: () => Happening) => void

/** Tells listeners what happens. Nothing is kept. */
export class Log {
  readonly #listeners = new Set<{ readonly hear: LogListener }>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** Answers the function that ends it. */
  listen(hear: LogListener): () => void {
    const listener = { hear }
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  /** @param app the id of the app, as far as it is known */
  write(app: string | undefined, happening: () => Happening): void {
    if (this.#listeners.size === 0) return
    try {
      const entry: LogEntry = { at: this.#now(), app, ...happening() }
      for (const { hear } of [...this.#listeners]) void tell(hear, entry)
    } catch (error) {
      // A diagnosis must not end what it diagnoses: what is explained here came from anybody.
      console.error(error)
    }
  }
}

/** Runs up to its first `await` at once. A listener that fails, at once or later, is reported and disturbs nothing. */
async function tell(hear: LogListener, entry: LogEntry): Promise<void> {
  try {
    await hear(entry)
  } catch (error) {
    console.error(error)
  }
}
