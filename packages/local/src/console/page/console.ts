import type { AppSnapshot, Hello, ToConsole } from '../server/messages.ts'
import { copyable } from './copy.ts'
import { byId, element } from './element.ts'
import { showLists } from './lists.ts'
import { Rate } from './rate.ts'
import { clientSnippet, envLines, serverSnippets } from './snippets.ts'
import { type ConnectionState, ServiceSocket } from './socket.ts'
import { Stream } from './stream.ts'
import { TriggerForm } from './trigger-form.ts'

const address = { host: location.hostname, port: location.port || '80' }
byId('address').textContent = location.origin

let apps: Hello['apps'] = []
let snapshots: readonly AppSnapshot[] = []
let shownApp = ''

const stream = new Stream(
  (channel) => {
    socket.send({ type: 'focus', channel })
    showState()
  },
  {
    resend: (app, id) => socket.send({ type: 'resend', app, id }),
    replay(app, { channels, event, data }) {
      for (const channel of channels) socket.send({ type: 'trigger', app, channel, event, data })
    },
  },
)
const rate = new Rate()
const form = new TriggerForm((event) => socket.send({ type: 'trigger', app: shownApp, ...event }))
const socket = new ServiceSocket(receive, showConnection)

const appChoice = byId<HTMLSelectElement>('app')
appChoice.addEventListener('change', () => showApp(appChoice.value))
const framework = byId<HTMLSelectElement>('framework')
framework.append(...Object.keys(serverSnippets).map((name) => element('option', {}, name)))
framework.addEventListener('change', showSnippets)

/** `#channel=private-user-7` opens the console on that channel. */
function followAddress(): void {
  const channel = new URLSearchParams(location.hash.slice(1)).get('channel')
  if (channel !== null) stream.filterChannel(channel)
}
addEventListener('hashchange', followAddress)
followAddress()

const views = [...document.querySelectorAll<HTMLButtonElement>('nav.views button')]
for (const button of views) button.addEventListener('click', () => showView(button.dataset.view ?? ''))

function receive(message: ToConsole): void {
  switch (message.type) {
    case 'hello':
      apps = message.apps
      appChoice.replaceChildren(...apps.map(({ id }) => element('option', {}, id)))
      byId('app-choice').hidden = apps.length === 1
      if (stream.channel !== '') socket.send({ type: 'focus', channel: stream.channel })
      showApp(apps.some(({ id }) => id === shownApp) ? shownApp : (apps[0]?.id ?? ''))
      break
    case 'history':
      stream.addHistory(message)
      break
    case 'snapshot':
      snapshots = message.apps
      showState()
      break
    case 'batch':
      rate.count(message.counts.find(({ app }) => app === shownApp)?.counts.event ?? 0)
      stream.add(message)
      break
    case 'triggered':
      form.show(message)
      break
  }
}

function showApp(id: string): void {
  shownApp = id
  appChoice.value = id
  stream.showApp(id)
  showState()
  showSnippets()
}

function showState(): void {
  const app = snapshots.find(({ id }) => id === shownApp)
  if (app === undefined) return
  showLists(app, stream.channel, {
    filterChannel(channel) {
      stream.filterChannel(channel)
      showView('stream')
    },
    search(text) {
      stream.search(text)
      showView('stream')
    },
  })
}

function showSnippets(): void {
  const app = apps.find(({ id }) => id === shownApp)
  if (app === undefined) return
  byId('snippets').replaceChildren(
    copyable('.env of the server', envLines(app, address)),
    copyable('server', serverSnippets[framework.value] ?? ''),
    copyable('client', clientSnippet(app, address)),
  )
}

function showConnection(state: ConnectionState): void {
  const status = byId('status')
  status.dataset.state = state
  status.textContent = { waiting: 'connecting', open: 'live', lost: 'no connection; retrying' }[state]
}

function showView(view: string): void {
  document.body.dataset.view = view
  for (const button of views) {
    if (button.dataset.view === view) button.setAttribute('aria-current', 'true')
    else button.removeAttribute('aria-current')
  }
}
