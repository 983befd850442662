import { cookieFaults, type HeaderValues } from './attacks.ts'

interface LogIn {
  readonly status: number
  /** The credentials that the app gave out: a token, or cookies. */
  readonly headers: HeaderValues
  readonly cookies: readonly string[]
}

/** Logs in to an example app, with the cookies that the browser has already. */
export async function logInTo(url: string, name: string, cookie = ''): Promise<LogIn> {
  const response = await fetch(`${url}/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', cookie },
    body: JSON.stringify({ name, password: 'demo' }),
  })
  const { token } = (await response.json()) as { token?: string }
  const cookies = response.headers.getSetCookie()
  const pairs = cookies.map((text) => text.split(';', 1)[0])
  // A browser sends the page's origin with every POST, and some frameworks require it.
  const { origin } = new URL(url)
  const headers =
    token === undefined ? { cookie: pairs.join('; '), origin } : { authorization: `Bearer ${token}`, origin }
  return { status: response.status, headers, cookies }
}

/**
 * Attacks an example app that is served as in production, and returns what got through: cookies without protection,
 * a session that an attacker fixed before the log-in, events sent without a log-in.
 */
export async function breachesOfExample(url: string): Promise<readonly string[]> {
  const subscribes = async (channel: string, headers: HeaderValues) => {
    const body = new URLSearchParams({ socket_id: '1.1', channel_name: channel })
    return (await fetch(`${url}/pingerchips/auth`, { method: 'POST', headers, body })).status === 200
  }
  const breaches: string[] = []
  const mallory = await logInTo(url, 'mallory')
  const alice = await logInTo(url, 'alice', mallory.headers.cookie)
  breaches.push(...alice.cookies.flatMap(cookieFaults))

  // The attacker's own session, planted in the browser of alice before she logs in.
  if (mallory.headers.cookie !== undefined && (await subscribes('private-user-alice', mallory.headers)))
    breaches.push('a session that was fixed before the log-in belongs to alice')
  if (!(await subscribes('private-user-alice', alice.headers))) breaches.push('alice is refused her own channel')

  for (const headers of [{}, { 'x-user': 'alice' }, { cookie: 'session=alice' }]) {
    const response = await fetch(`${url}/notify/bob`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{"text":"forged"}',
    })
    if (response.status !== 401) breaches.push(`an anonymous client sends an event (${response.status})`)
  }
  return breaches
}
