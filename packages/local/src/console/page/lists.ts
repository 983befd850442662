import type { AppSnapshot, ChannelSnapshot, ConnectionSnapshot } from '../server/messages.ts'
import { byId, element, showList } from './element.ts'

/** Actions of clicks in the lists. */
export interface ListActions {
  readonly filterChannel: (channel: string) => void
  readonly search: (text: string) => void
}

export function showLists(app: AppSnapshot, filtered: string, actions: ListActions): void {
  byId('connection-total').textContent = app.connectionCount.toLocaleString('en')
  byId('channel-total').textContent = app.channelCount.toLocaleString('en')
  showList(
    byId('channels'),
    app.channels,
    ({ name }) => name,
    (channel, child) => channelItem(channel, child, filtered, actions),
  )
  showList(
    byId('connections'),
    app.connections,
    ({ socketId }) => socketId,
    (connection, child) => connectionItem(connection, child, actions),
  )
  showList(
    byId('channel-names'),
    app.channels,
    ({ name }) => name,
    ({ name }, child) => child ?? element('option', { value: name }),
  )
  showRest('channels', app.channelCount, app.channels.length)
  showRest('connections', app.connectionCount, app.connections.length)
}

function showRest(what: string, count: number, shown: number): void {
  byId(`no-${what}`).hidden = count > 0
  const more = byId(`more-${what}`)
  more.hidden = shown === count
  more.textContent = `and ${(count - shown).toLocaleString('en')} more`
}

function channelItem(
  { name, kind, subscriberCount, memberCount, members }: ChannelSnapshot,
  child: HTMLElement | undefined,
  filtered: string,
  { filterChannel }: ListActions,
): HTMLElement {
  const item = child ?? listItem(name, (button) => filterChannel(isPressed(button) ? '' : name))
  part(item, '.name').setAttribute('aria-pressed', String(filtered === name))
  showCount(item, subscriberCount, 'subscriber')
  const rest = memberCount - members.length
  const listed = members.map(({ id, info }) => memberText(id, info))
  const text = [...listed, ...(rest > 0 ? [`and ${rest.toLocaleString('en')} more`] : [])].join(', ')
  setText(part(item, '.about'), text === '' ? kind : `${kind}: ${text}`)
  return item
}

function connectionItem(
  { socketId, userId, channelCount }: ConnectionSnapshot,
  child: HTMLElement | undefined,
  { search }: ListActions,
): HTMLElement {
  const item = child ?? listItem(socketId, () => search(socketId))
  showCount(item, channelCount, 'channel')
  setText(part(item, '.about'), userId === undefined ? '' : `signed in as ${userId}`)
  return item
}

function listItem(name: string, onClick: (button: HTMLElement) => void): HTMLElement {
  const button = element('button', { type: 'button', class: 'name' }, name)
  button.addEventListener('click', () => onClick(button))
  const count = element('span', { class: 'count' }, element('span'), element('span', { class: 'hidden' }))
  return element('li', {}, button, count, element('p', { class: 'about' }))
}

/** A visible number, with its unit for screen readers only: the heading of the column shows it. */
function showCount(item: HTMLElement, count: number, unit: string): void {
  const [number, spokenUnit] = part(item, '.count').children
  if (number !== undefined) setText(number, count.toLocaleString('en'))
  if (spokenUnit !== undefined) setText(spokenUnit, ` ${count === 1 ? unit : `${unit}s`}`)
}

function isPressed(button: HTMLElement): boolean {
  return button.getAttribute('aria-pressed') === 'true'
}

/** The member's name, which many apps send, and the id. */
function memberText(id: string, info: string): string {
  const name = /"name":"([^"\\]+)"/.exec(info)?.[1]
  return name === undefined ? id : `${name} (${id})`
}

function part(item: HTMLElement, selector: string): HTMLElement {
  return item.querySelector<HTMLElement>(selector) ?? item
}

function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text
}
