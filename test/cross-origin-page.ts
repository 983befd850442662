import type { RequestListener } from 'node:http'
import { pusherJs } from '@examples/page'

/**
 * A page whose app is on another origin: `join(channel)` answers `'joined'` or why not, `heard` holds the events that
 * came.
 */
export function crossOriginPage(settings: { app: string; appKey: string; wsPort: number }): RequestListener {
  const html = page.replace('{{settings}}', JSON.stringify(settings))
  return ({ url }, res) => {
    if (url === '/pusher.js') res.writeHead(200, { 'content-type': 'text/javascript' }).end(pusherJs)
    else res.writeHead(200, { 'content-type': 'text/html' }).end(html)
  }
}

const page = `<!doctype html>
<link rel="icon" href="data:,">
<script src="/pusher.js"></script>
<script>
const { app, appKey, wsPort } = {{settings}}
const heard = []

async function post(path, body) {
  const answer = await fetch(app + path, {
    method: 'POST',
    credentials: 'include',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const json = await answer.json()
  if (!answer.ok) throw new Error(answer.status + ' ' + json.error)
  return json
}

const pusher = new Pusher(appKey, {
  cluster: 'local', wsHost: '127.0.0.1', wsPort, forceTLS: false, enabledTransports: ['ws'],
  channelAuthorization: {
    customHandler: ({ socketId, channelName }, callback) =>
      post('/pingerchips/auth', { socket_id: socketId, channel_name: channelName })
        .then((auth) => callback(null, auth), (error) => callback(error, null)),
  },
})

function join(channel) {
  return new Promise((resolve) => {
    pusher.unsubscribe(channel)
    pusher.subscribe(channel)
      .bind('pusher:subscription_succeeded', () => resolve('joined'))
      .bind('pusher:subscription_error', ({ error }) => resolve(error))
      .bind('order-update', (data) => heard.push(data))
  })
}
</script>`
