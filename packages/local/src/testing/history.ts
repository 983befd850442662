import type { LogEntry } from '../state/log-event.ts'

interface Waiting {
  readonly add: (entry: LogEntry) => void
  readonly reject: (reason: Error) => void
}

/** Log entries since the start, and promises of entries to come. */
export class History {
  #entries: LogEntry[] = []
  readonly #waiting = new Set<Waiting>()

  add(entry: LogEntry): void {
    this.#entries.push(entry)
    for (const { add } of [...this.#waiting]) add(entry)
  }

  clear(): void {
    this.#entries = []
  }

  /** Rejects every wait. */
  close(): void {
    for (const { reject } of [...this.#waiting]) reject(new Error('The service was closed while a test waited for it'))
  }

  /**
   * Resolves with the first result of `pick`, over past and future entries.
   * @param miss makes the error message of a timeout from the entries
   */
  waitFor<T>(
    pick: (entry: LogEntry) => T | undefined,
    timeoutMs: number,
    miss: (entries: readonly LogEntry[]) => string,
  ): Promise<T> {
    for (const entry of this.#entries) {
      const found = pick(entry)
      if (found !== undefined) return Promise.resolve(found)
    }
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer)
        this.#waiting.delete(waiting)
      }
      const waiting: Waiting = {
        add(entry) {
          const found = pick(entry)
          if (found === undefined) return
          end()
          resolve(found)
        },
        reject(reason) {
          end()
          reject(reason)
        },
      }
      const timer = setTimeout(() => waiting.reject(new Error(miss(this.#entries))), timeoutMs)
      this.#waiting.add(waiting)
    })
  }
}
