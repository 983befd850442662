import type { LogEntry } from '../../state/log-event.ts'
import type { Batch, Counts } from './messages.ts'

/** Entries that are shown at once after a calm time, and entries per second under load. */
const burst = 200
const perSecond = 50

/** Largest batch, in characters of JSON. One event of 64 KiB fits, however it is escaped. */
const batchLimit = 524_288

/**
 * Selects the log entries of one console: a count of all, and as many entries as a person can follow. Refusals and
 * entries of the channel in focus have priority.
 */
export class Sample {
  focus = ''
  readonly #now: () => number
  readonly #counts = new Map<string | undefined, Counts>()
  #total = 0
  #first: Numbered[] = []
  #rest: Numbered[] = []
  #budget = burst
  #filledAt: number

  constructor(now: () => number) {
    this.#now = now
    this.#filledAt = now()
  }

  add(entry: LogEntry): void {
    const counts = this.#counts.get(entry.app) ?? {}
    this.#counts.set(entry.app, counts)
    counts[entry.type] = (counts[entry.type] ?? 0) + 1
    this.#total += 1
    const queue = isRefusal(entry) || this.#isInFocus(entry) ? this.#first : this.#rest
    if (queue.length < burst) queue.push({ number: this.#total, entry })
  }

  /** The batch since the last call. */
  take(): Batch {
    const now = this.#now()
    this.#budget = Math.min(burst, this.#budget + Math.max(0, ((now - this.#filledAt) / 1000) * perSecond))
    this.#filledAt = now

    const chosen: Numbered[] = []
    let weight = 0
    for (const candidate of [...this.#first, ...this.#rest].slice(0, Math.floor(this.#budget))) {
      weight += JSON.stringify(candidate.entry).length
      if (weight > batchLimit) break
      chosen.push(candidate)
    }
    this.#budget -= chosen.length
    const entries = chosen.sort((a, b) => a.number - b.number).map(({ entry }) => entry)
    const counts = [...this.#counts].map(([app, counts]) => ({ app, counts }))
    const batch: Batch = { type: 'batch', counts, entries, leftOut: this.#total - entries.length }
    this.#counts.clear()
    this.#total = 0
    this.#first = []
    this.#rest = []
    return batch
  }

  #isInFocus(entry: LogEntry): boolean {
    return this.focus !== '' && channelsOf(entry).some((channel) => channel.includes(this.focus))
  }
}

interface Numbered {
  readonly number: number
  readonly entry: LogEntry
}

function isRefusal(entry: LogEntry): boolean {
  if (entry.type === 'decision') return entry.outcome !== 'granted'
  if (entry.type === 'webhook') return entry.status === undefined || entry.status >= 300
  return entry.type.endsWith('_refused') || (entry.type === 'request' && entry.status >= 400)
}

function channelsOf(entry: LogEntry): readonly string[] {
  if (entry.type === 'webhook') return entry.events.map(({ channel }) => channel)
  if ('channels' in entry) return entry.channels
  return 'channel' in entry && entry.channel !== undefined ? [entry.channel] : []
}
