import type { LogEntry } from '../../state/log-event.ts'
import type { AppCounts, Batch, History } from '../server/messages.ts'
import { channelsOf, type Description, describe, isRefused, type Kind, kindOf, kinds } from './describe.ts'
import { details, type EntryActions } from './details.ts'
import { byId, element, plural } from './element.ts'

/** Entries that are kept for filters, and rows of the page. */
const keptLimit = 10_000
const rowLimit = 200

/** Characters of a payload in a row. The details show all of it. */
const previewLimit = 240

interface Kept {
  readonly entry: LogEntry
  readonly description: Description
  /** The text that is searched. */
  readonly searched: string
}

/** The list of log entries, with filters and a pause. */
export class Stream {
  readonly #rows = byId<HTMLOListElement>('entries')
  readonly #counters = new Map<Kind, HTMLElement>()
  readonly #shownKinds = new Set<Kind>(kinds)
  readonly #onFocus: (channel: string) => void
  readonly #actions: EntryActions
  /** Newest last. */
  #kept: Kept[] = []
  /** By app, then by kind. */
  readonly #counts = new Map<string | undefined, Map<Kind, number>>()
  #leftOut = 0
  #paused = false
  #missed = 0
  #app = ''
  #search = ''
  #channel = ''

  /** @param onFocus called with the channel of the filter when it changes */
  constructor(onFocus: (channel: string) => void, actions: EntryActions) {
    this.#onFocus = onFocus
    this.#actions = actions
    byId('kinds').append(...kinds.map((kind) => this.#kindButton(kind)))
    const search = byId<HTMLInputElement>('search')
    search.addEventListener('input', () => {
      this.#search = search.value.toLowerCase()
      this.#showAll()
    })
    const channel = byId<HTMLInputElement>('channel-filter')
    channel.addEventListener('input', () => this.filterChannel(channel.value))
    byId('pause').addEventListener('click', () => this.#pause(!this.#paused))
    byId('download').addEventListener('click', () => this.#download())
    byId('clear').addEventListener('click', () => {
      this.#kept = []
      this.#leftOut = 0
      this.#missed = 0
      this.#showAll()
    })
  }

  get channel(): string {
    return this.#channel
  }

  filterChannel(channel: string): void {
    byId<HTMLInputElement>('channel-filter').value = channel
    this.#channel = channel
    this.#onFocus(channel)
    this.#showAll()
  }

  search(text: string): void {
    byId<HTMLInputElement>('search').value = text
    this.#search = text.toLowerCase()
    this.#showAll()
  }

  showApp(app: string): void {
    this.#app = app
    this.#showCounts()
    this.#showAll()
  }

  /** Shows former entries of the service. They replace those of the page, which may be the same. */
  addHistory({ isFirst, entries }: History): void {
    if (isFirst && entries.length > 0) {
      this.#kept = []
      this.#counts.clear()
      this.#leftOut = 0
    }
    for (const { app, type } of entries) this.#count({ app, counts: { [type]: 1 } })
    this.#kept = [...this.#kept, ...entries.map(toKept)].slice(-keptLimit)
    this.#showCounts()
    this.#showAll()
  }

  add({ entries, counts, leftOut }: Batch): void {
    for (const ofApp of counts) this.#count(ofApp)
    this.#showCounts()
    this.#leftOut += leftOut
    const fresh = entries.map(toKept)
    this.#kept = [...this.#kept, ...fresh].slice(-keptLimit)
    if (this.#paused) {
      this.#missed += fresh.length
    } else {
      const rows = fresh.filter((kept) => this.#isShown(kept)).map((kept) => row(kept, this.#actions))
      this.#rows.prepend(...rows.reverse())
      while (this.#rows.childElementCount > rowLimit) this.#rows.lastElementChild?.remove()
    }
    this.#showNotes()
  }

  /** Saves the kept entries as a JSON file. */
  #download(): void {
    const entries = this.#kept.map(({ entry }) => entry)
    const blob = new Blob([JSON.stringify(entries, null, 2)], { type: 'application/json' })
    const url = URL.createObjectURL(blob)
    element('a', { href: url, download: 'pingerchips-log.json' }).click()
    URL.revokeObjectURL(url)
  }

  #count({ app, counts }: AppCounts): void {
    const sums = this.#counts.get(app) ?? new Map<Kind, number>()
    this.#counts.set(app, sums)
    for (const [type, count] of Object.entries(counts)) {
      const kind = kindOf(type as LogEntry['type'])
      sums.set(kind, (sums.get(kind) ?? 0) + count)
    }
  }

  #showCounts(): void {
    for (const [kind, counter] of this.#counters) {
      const sum = [this.#app, undefined].reduce((total, app) => total + (this.#counts.get(app)?.get(kind) ?? 0), 0)
      counter.textContent = sum.toLocaleString('en')
    }
  }

  #isShown({ entry, description, searched }: Kept): boolean {
    if (!this.#shownKinds.has(description.kind) && !(isRefused(entry) && this.#shownKinds.has('refusals'))) return false
    if (entry.app !== undefined && entry.app !== this.#app) return false
    if (this.#channel !== '' && !channelsOf(entry).some((channel) => channel.includes(this.#channel))) return false
    return this.#search === '' || searched.includes(this.#search)
  }

  #showAll(): void {
    const shown: Kept[] = []
    for (let i = this.#kept.length - 1; i >= 0 && shown.length < rowLimit; i--) {
      const kept = this.#kept[i]
      if (kept !== undefined && this.#isShown(kept)) shown.push(kept)
    }
    this.#rows.replaceChildren(...shown.map((kept) => row(kept, this.#actions)))
    this.#showNotes()
  }

  #pause(paused: boolean): void {
    this.#paused = paused
    byId('pause').setAttribute('aria-pressed', String(paused))
    byId('pause').textContent = paused ? 'Resume' : 'Pause'
    if (!paused) {
      this.#missed = 0
      this.#showAll()
    }
    this.#showNotes()
  }

  #showNotes(): void {
    const notes = []
    if (this.#paused) notes.push(this.#missed === 0 ? 'Paused.' : `Paused; ${this.#missed.toLocaleString('en')} new.`)
    if (this.#leftOut > 0)
      notes.push(`${plural(this.#leftOut, 'entry', 'entries')} arrived too fast to be shown, and were counted.`)
    const note = byId('stream-note')
    note.textContent = notes.join(' ')
    note.hidden = notes.length === 0
    const empty = byId('no-entries')
    empty.hidden = this.#rows.childElementCount > 0
    if (this.#kept.length > 0) empty.textContent = 'No log entry matches the filter.'
  }

  #kindButton(kind: Kind): HTMLButtonElement {
    const counter = element('span', { class: 'count' }, '0')
    this.#counters.set(kind, counter)
    const button = element(
      'button',
      { type: 'button', 'data-kind': kind, 'aria-pressed': 'true' },
      `${capital(kind)} `,
      counter,
    )
    button.addEventListener('click', () => {
      if (!this.#shownKinds.delete(kind)) this.#shownKinds.add(kind)
      button.setAttribute('aria-pressed', String(this.#shownKinds.has(kind)))
      this.#showAll()
    })
    return button
  }
}

function toKept(entry: LogEntry): Kept {
  const description = describe(entry)
  const { label, subject, place = '', text, aside } = description
  const socketId = 'socketId' in entry ? entry.socketId : ''
  const reason = 'reason' in entry ? entry.reason : ''
  const searched = [label, subject, place, text, aside, socketId, reason].join(' ').toLowerCase()
  return { entry, description, searched }
}

const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })

function row({ entry, description }: Kept, actions: EntryActions): HTMLLIElement {
  const { kind, label, subject, place, text, aside } = description
  const millis = String(new Date(entry.at).getMilliseconds()).padStart(3, '0')
  const item = element('li', { 'data-kind': isRefused(entry) ? 'refusals' : kind })
  const disclosure = element(
    'details',
    {},
    element(
      'summary',
      {},
      element('time', {}, clock.format(entry.at), element('small', {}, `.${millis}`)),
      element('span', { class: 'label' }, label),
      element(
        'span',
        { class: 'what' },
        element('b', {}, subject),
        ...(place === undefined ? [] : [' on ', element('span', { class: 'place' }, place)]),
        ' ',
        element('span', { class: 'text' }, text.slice(0, previewLimit)),
      ),
      element('span', { class: 'aside' }, aside),
    ),
  )
  disclosure.addEventListener('toggle', () => disclosure.append(details(entry, actions)), { once: true })
  item.append(disclosure)
  return item
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1)
}
