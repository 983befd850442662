'use client'

import Pusher, { type PresenceChannel } from 'pusher-js'
import { useEffect, useState } from 'react'

export function Demo({ appKey, wsHost, wsPort }: { appKey: string; wsHost: string; wsPort: number }) {
  const [me, setMe] = useState<string>()
  const [members, setMembers] = useState<string[]>([])
  const [lines, setLines] = useState<string[]>([])
  const log = (line: string) => setLines((before) => [...before, line])

  useEffect(() => {
    if (me === undefined) return
    const pusher = new Pusher(appKey, {
      cluster: 'local',
      wsHost,
      wsPort,
      forceTLS: false,
      enabledTransports: ['ws'],
      channelAuthorization: { endpoint: '/pingerchips/auth', transport: 'ajax' },
    })
    for (const channel of new Set([`private-user-${me}`, 'private-user-alice']))
      pusher
        .subscribe(channel)
        .bind('pusher:subscription_succeeded', () => log(`${me} joined ${channel}`))
        .bind('pusher:subscription_error', ({ status }: { status: number }) =>
          log(`${me} was refused ${channel} (${status})`),
        )
        .bind('notification', ({ from, text }: { from: string; text: string }) => log(`${from}: ${text}`))
    const lobby = pusher.subscribe('presence-lobby') as PresenceChannel
    const show = () => {
      const names: string[] = []
      lobby.members.each(({ info }: { info: { name: string } }) => names.push(info.name))
      setMembers(names)
    }
    for (const event of ['pusher:subscription_succeeded', 'pusher:member_added', 'pusher:member_removed'])
      lobby.bind(event, show)
    return () => pusher.disconnect()
  }, [me, appKey, wsHost, wsPort])

  async function post(path: string, body: unknown) {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!response.ok) log(`${path}: ${response.status}`)
    return response.ok
  }

  return (
    <>
      <p>
        Log in as{' '}
        {['alice', 'bob', 'mallory'].map((name) => (
          <button key={name} type="button" onClick={async () => (await post('/login', { name })) && setMe(name)}>
            {name}
          </button>
        ))}
      </p>
      <form action={(form) => void post(`/notify/${form.get('to')}`, { text: form.get('text') })}>
        <select name="to" aria-label="To">
          <option>alice</option>
          <option>bob</option>
        </select>
        <input name="text" aria-label="Text" defaultValue="Your order has shipped" />
        <button type="submit">Notify</button>
      </form>
      <p>Here now: {members.join(', ')}</p>
      <ol aria-live="polite">
        {lines.map((line, index) => (
          <li key={index}>{line}</li>
        ))}
      </ol>
    </>
  )
}
