import type { EventSent, Explanation, LogEntry } from '../../state/log-event.ts'
import { copyable } from './copy.ts'
import { isRefusedByPusher } from './describe.ts'
import { element } from './element.ts'

/** What a button in the details does. */
export interface EntryActions {
  readonly resend: (app: string, id: string) => void
  /** Triggers an event again, as a backend. */
  readonly replay: (app: string, event: Pick<EventSent, 'channels' | 'event' | 'data'>) => void
}

/** All fields of a log entry. */
export function details(entry: LogEntry, actions: EntryActions): HTMLElement {
  const { at, type, app, ...fields } = entry
  const body = element('div', { class: 'details' })
  if ('explanation' in entry && entry.explanation !== undefined) body.append(...explained(entry.explanation))
  const list = element('dl')
  if (app !== undefined) addField(list, 'app', app)
  for (const [name, value] of Object.entries(fields))
    if (!shownApart.has(name) && value !== undefined) addField(list, name, text(value))
  body.append(list)
  if (entry.type === 'event') {
    const button = element('button', { type: 'button' }, 'Trigger again')
    button.addEventListener('click', () => actions.replay(app ?? '', entry))
    body.append(copyable('data', entry.data, readable(entry.data)), button)
  }
  if (isRefusedByPusher(entry))
    body.append(
      element(
        'p',
        { class: 'why' },
        'A Pusher cluster refuses client events on public channels. The option publicClientEvents: false refuses them here.',
      ),
    )
  if (entry.type === 'webhook') {
    body.append(copyable('events', JSON.stringify(entry.events, null, 2)))
    if (entry.response) body.append(copyable('response', entry.response))
    const button = element('button', { type: 'button' }, 'Send again')
    button.addEventListener('click', () => actions.resend(app ?? '', entry.id))
    body.append(button)
  }
  if (entry.type === 'subscribed' && entry.member !== undefined) {
    const member = JSON.stringify(entry.member, null, 2)
    body.append(copyable('member', member))
  }
  return body
}

const shownApart: ReadonlySet<string> = new Set(['explanation', 'data', 'events', 'response'])

function addField(list: HTMLDListElement, name: string, value: string): void {
  list.append(element('dt', {}, name), element('dd', {}, value))
}

function text(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ')
  if (typeof value === 'number') return String(Math.round(value * 1000) / 1000)
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function readable(data: string): string {
  try {
    return JSON.stringify(JSON.parse(data), null, 2)
  } catch {
    return data
  }
}

function explained({ text, stringToSign, signed }: Explanation): HTMLElement[] {
  const parts = [element('p', { class: 'why' }, text)]
  if (stringToSign === undefined) return parts
  if (signed === undefined || signed === stringToSign) return [...parts, copyable('string to sign', stringToSign)]
  return [
    ...parts,
    copyable('was signed', signed, ...marked(signed, stringToSign)),
    copyable('string to sign', stringToSign, ...marked(stringToSign, signed)),
  ]
}

const separator = /[:&\n]/

/** The text, with the part that differs from the other text marked, from separator to separator. */
function marked(text: string, other: string): (Node | string)[] {
  const most = Math.min(text.length, other.length)
  let start = 0
  while (start < most && text[start] === other[start]) start += 1
  while (start > 0 && !separator.test(text.charAt(start - 1))) start -= 1
  let end = 0
  while (end < most - start && text.at(-1 - end) === other.at(-1 - end)) end += 1
  while (end > 0 && !separator.test(text.charAt(text.length - end))) end -= 1
  const difference = text.slice(start, text.length - end)
  return [
    text.slice(0, start),
    ...(difference === '' ? [] : [element('mark', {}, difference)]),
    text.slice(text.length - end),
  ]
}
