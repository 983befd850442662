// A page with pusher-js, and the explanations of the demo. The server is ../src/demo.ts.
const { Pusher } = globalThis
const people = [
  { id: 'alice', name: 'Alice' },
  { id: 'bob', name: 'Bob' },
]
const { appKey, wsHost, wsPort, consoleUrl, apps } = await (await fetch('/demo.json')).json()

/** The app, the user and the connection of this window; `undefined` before the log-in. */
let here

/** Reads the app and the user from the fragment, such as `#express/alice`: a second window and a reload keep them. */
function readAddress() {
  const [name, id] = location.hash.slice(1).split('/')
  return { app: apps.find((app) => app.name === name) ?? apps[0], person: people.find((person) => person.id === id) }
}

async function arrive() {
  const { app, person } = readAddress()
  here?.pusher?.disconnect()
  here = undefined
  showPlace(app, person)
  if (person === undefined) return

  // Cookies are scoped to this path, so that two windows of one browser are two users.
  const place = { app, person, root: `/${app.name}/${person.id}`, answers: new Map() }
  here = place
  const status = await post(`${place.root}/login`, { name: person.id, password: 'demo' })
  if (here !== place) return
  if (status === 200) return connect(place)
  showPlace(app)
  say('me', failed('the log-in', status))
}

function connect(place) {
  place.pusher = new Pusher(appKey, {
    cluster: 'local',
    wsHost,
    wsPort,
    forceTLS: false,
    enabledTransports: ['ws'],
    // Usually `endpoint: '/pingerchips/auth'`; this page also shows the response.
    channelAuthorization: { customHandler: (request, done) => authorize(place, request, done) },
  })
  place.pusher.connection
    .bind('connected', () => say('me', `You are ${place.person.name}, in the ${place.app.framework} app.`))
    .bind('unavailable', () => say('me', failed('the connection')))
  letAct(true)
  place.pusher
    .subscribe(`private-user-${place.person.id}`)
    .bind('notification', ({ from, text }) => note('arrived', `${from}: ${text}`))
  place.pusher
    .subscribe('presence-lobby')
    .bind('pusher:subscription_succeeded', () => showMembers(place))
    .bind('pusher:subscription_error', () => say('me', 'Your session has ended. Log in again.'))
    .bind('pusher:member_added', ({ info }) => {
      showMembers(place)
      note('changes', `${info.name} joined`)
    })
    .bind('pusher:member_removed', ({ info }) => {
      showMembers(place)
      note('changes', `${info.name} left`)
    })
}

/** Requests the app's signature for a subscription: `{ auth }`. */
async function authorize(place, { socketId, channelName }, done) {
  const body = new URLSearchParams({ socket_id: socketId, channel_name: channelName })
  const answer = await fetch(`${place.root}/pingerchips/auth`, { method: 'POST', body }).catch(() => undefined)
  const said = await answer?.json().catch(() => undefined)
  place.answers.set(channelName, { socketId, status: answer?.status, said })
  if (answer?.status === 200) done(null, said)
  else done(new Error(said?.error ?? 'No response'), null)
}

async function notify(event) {
  event.preventDefault()
  const { to, text } = event.target.elements
  const { root } = here
  const name = to.selectedOptions[0].textContent
  const status = await post(`${root}/notify/${to.value}`, { text: text.value })
  say('sent', status === 200 ? `Sent to ${name}. Every window of ${name} receives it.` : failed('the request', status))
}

function tryToJoin() {
  const place = here
  const { pusher } = place
  const channel = `private-user-${otherThan(place.person).id}`
  const show = () => {
    byId('verdict').replaceChildren(...verdict(place, channel))
    pusher.unsubscribe(channel)
  }
  pusher.subscribe(channel).bind('pusher:subscription_succeeded', show).bind('pusher:subscription_error', show)
}

/** Explains a response of the auth endpoint: which of the app's two functions decided. */
function verdict({ person, root, answers }, channel) {
  const { socketId, status, said } = answers.get(channel)
  if (said === undefined) return [make('p', {}, failed('the authorization request', status))]
  const request = ['Your browser sent ', code(`POST ${root}/pingerchips/auth`), ` for connection ${socketId} and `]
  const facts = [[...request, code(channel), '.']]
  if (said.error === 'Unauthorized')
    facts.push([code('user'), ' found no user in the session. ', code('authorize'), ' was not called. Log in again.'])
  else
    facts.push(
      [code('user'), ` found ${person.name} in the session.`],
      [code('authorize'), ` returned ${status === 200 ? 'true' : 'false'} for ${person.name} and this channel.`],
    )
  if (status === 200) facts.push(['The app signed the subscription, and the service accepted it.'])
  else
    facts.push([
      'The app responded ',
      code(`${status} ${JSON.stringify(said)}`),
      ' and signed nothing. The service refuses a subscription without a signature.',
    ])
  return [
    make(
      'p',
      { className: status === 200 ? 'yes' : 'no' },
      status === 200 ? `Joined ${channel}` : `Refused: ${status}`,
    ),
    make('ol', {}, ...facts.map((fact) => make('li', {}, ...fact))),
    make('p', {}, link(`${consoleUrl}/#channel=${channel}`, `See ${channel} in the console`)),
  ]
}

function showPlace(app, person) {
  for (const radio of document.querySelectorAll('#apps input')) radio.checked = radio.value === app.name
  for (const button of document.querySelectorAll('#people button'))
    button.setAttribute('aria-pressed', button.value === person?.id)
  for (const [step, excerpt] of Object.entries(app.excerpts)) showCode(byId(`code-${step}`), excerpt)
  for (const id of ['second', 'members', 'changes', 'arrived', 'verdict']) byId(id).replaceChildren()
  for (const id of ['me', 'sent']) say(id, '')

  document.title = person === undefined ? 'Pingerchips demo' : `${person.name} · Pingerchips demo`
  letAct(false)
  byId('try').textContent = 'Log in first'
  if (person === undefined) return
  const other = otherThan(person)
  byId('second').append(link(`#${app.name}/${other.id}`, `Open a second window as ${other.name}`))
  byId('try').textContent = `Join private-user-${other.id}`
}

function letAct(may) {
  byId('try').disabled = !may
  document.querySelector('#notify fieldset').disabled = !may
}

function showCode(figure, { file, line, lines, marked }) {
  const shown = lines.map((text, index) => {
    const row = make(marked.includes(index) ? 'mark' : 'span', {}, text.trim())
    row.style.setProperty('--indent', `${text.search(/\S|$/)}ch`)
    return row
  })
  // Open if it fits beside the step; below the step it would separate two steps.
  const open = figure.querySelector('details')?.open ?? matchMedia('(min-width: 52.0625rem)').matches
  const caption = make('summary', {}, `${file}:${line}`)
  figure.replaceChildren(make('details', { open }, caption, make('pre', {}, make('code', {}, ...shown))))
}

function showMembers({ pusher, person }) {
  const list = byId('members')
  list.replaceChildren()
  pusher
    .channel('presence-lobby')
    .members.each(({ id, info }) => list.append(make('li', {}, id === person.id ? `${info.name} (you)` : info.name)))
}

/** Opens the second window beside this one if there is room. Modifier keys open a tab as usual. */
function openBeside(event) {
  const width = Math.min(720, screen.availWidth / 2)
  if (event.target.href === undefined || width < 400 || event.ctrlKey || event.metaKey || event.shiftKey) return
  event.preventDefault()
  const place = `left=${screen.availWidth - width},top=0,width=${width},height=${screen.availHeight}`
  open(event.target.href, '_blank', `noopener,${place}`)
}

/** Adds a line, with the time, and keeps the last few. */
function note(id, text) {
  const time = new Date()
  const list = byId(id)
  list.append(
    make('li', {}, text, ' ', make('time', { dateTime: time.toISOString() }, time.toLocaleTimeString('en-GB'))),
  )
  while (list.children.length > 4) list.firstChild.remove()
}

async function post(path, body) {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) }).catch(() => undefined)
  return answer?.status
}

function failed(what, status) {
  return status === undefined
    ? `No response to ${what}. Is npm start still running?`
    : `The app responded ${status} to ${what}.`
}

function otherThan(person) {
  return people.find(({ id }) => id !== person.id)
}

function byId(id) {
  return document.getElementById(id)
}

function say(id, text) {
  byId(id).textContent = text
}

function make(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties)
  made.append(...children)
  return made
}

function code(text) {
  return make('code', {}, text)
}

function link(href, text) {
  return make('a', { href, target: '_blank', rel: 'noopener' }, text)
}

byId('console').append(link(consoleUrl, 'Open the console'))
for (const { name, framework } of apps)
  byId('apps').append(make('label', {}, make('input', { type: 'radio', name: 'app', value: name }), framework))
for (const { id, name } of people) {
  byId('people').append(make('button', { type: 'button', value: id }, name))
  document.querySelector('#notify select').append(new Option(name, id))
}
byId('apps').addEventListener('change', (event) => go(event.target.value, readAddress().person?.id))
byId('people').addEventListener('click', (event) => {
  if (event.target.value) go(readAddress().app.name, event.target.value)
})
byId('notify').addEventListener('submit', notify)
byId('try').addEventListener('click', tryToJoin)
byId('second').addEventListener('click', openBeside)
addEventListener('hashchange', arrive)
await arrive()

function go(app, person) {
  const address = person === undefined ? `#${app}` : `#${app}/${person}`
  if (location.hash === address) arrive()
  else location.hash = address
}
