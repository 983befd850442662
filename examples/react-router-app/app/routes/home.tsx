import { useState } from 'react'
import type { Route } from './+types/home'

export function loader() {
  const { hostname, port } = new URL(process.env.PINGERCHIPS_ENDPOINT ?? 'http://127.0.0.1:6001')
  return { appKey: process.env.PINGERCHIPS_APP_KEY ?? '', wsHost: hostname, wsPort: Number(port) }
}

export default function Home({ loaderData: { appKey, wsHost, wsPort } }: Route.ComponentProps) {
  const [lines, setLines] = useState<string[]>([])
  const log = (text: string) => setLines((lines) => [...lines, text])

  async function logIn(name: string) {
    const headers = { 'content-type': 'application/json' }
    await fetch('/login', { method: 'POST', headers, body: JSON.stringify({ name }) })
    const { default: Pusher } = await import('pusher-js')
    const pusher = new Pusher(appKey, {
      wsHost,
      wsPort,
      forceTLS: false,
      enabledTransports: ['ws'],
      cluster: '',
      channelAuthorization: { endpoint: '/pingerchips/auth', transport: 'ajax' },
    })
    for (const channel of new Set([`private-user-${name}`, 'private-user-alice']))
      pusher
        .subscribe(channel)
        .bind('pusher:subscription_succeeded', () => log(`${name} joined ${channel}`))
        .bind('pusher:subscription_error', () => log(`${name} was refused ${channel}`))
        .bind('notification', ({ from, text }: { from: string; text: string }) => log(`${from}: ${text}`))
  }

  return (
    <>
      <h1>React Router with Pingerchips</h1>
      {['alice', 'bob'].map((name) => (
        <button key={name} type="button" onClick={() => logIn(name)}>
          {name}
        </button>
      ))}
      <ol>
        {lines.map((line, index) => (
          <li key={index}>{line}</li>
        ))}
      </ol>
    </>
  )
}
