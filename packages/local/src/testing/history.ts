import type { LogEntry } from '../log/entry.ts'

interface Waiting {
  readonly note: (entry: LogEntry) => void
  readonly reject: (reason: Error) => void
}

/** What has happened since the start, and promises of what is to happen. */
export class History {
  #entries: LogEntry[] = []
  readonly #waiting = new Set<Waiting>()

  note(entry: LogEntry): void {
    this.#entries.push(entry)
    for (const { note } of [...this.#waiting]) note(entry)
  }

  clear(): void {
    this.#entries = []
  }

  /** Ends every wait. */
  close(): void {
    for (const { reject } of [...this.#waiting]) reject(new Error('The service was closed while a test waited for it'))
  }

  /**
   * The first that `pick` finds something in, of what has happened or is still to come.
   * @param miss words the failure from what happened instead
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
        note(entry) {
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
