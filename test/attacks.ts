import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

type Module = Record<string, unknown>

export type HeaderValues = Readonly<Record<string, string>>

/** A value in the session of user 1 that must never reach another browser. */
export const passwordHash = 'canary-password-hash'

/** The attack on a documented app: its listener, and all that an attacker may know or have. */
export interface Attack {
  /** Makes the listener of the app from the snippet's module. */
  listener(module: Module): RequestListener | Promise<RequestListener>
  /** The channels of user 1. Every other channel must be refused. */
  readonly grants: readonly string[]
  /** Path of the auth endpoint. Default: `/pingerchips/auth`. */
  readonly path?: string
  /** Credentials of user 1. Default: the cookies that `GET /log-in` sets. */
  credentials?(module: Module): Promise<HeaderValues>
  /** Fields that the page of user 1 adds to its form. */
  readonly fields?: HeaderValues
  /** Credentials that must be refused on every channel, by name. */
  hostile?(module: Module): Promise<Readonly<Record<string, HeaderValues>>>
  /** Credentials of user 1 that an attacker makes with a secret. */
  forge?(secret: string): Promise<HeaderValues>
}

/** Channels that an attacker tries beside those of {@link Attack.grants}. */
const channels = [
  'private-user-1',
  'private-user-2',
  'private-user-12',
  'private-user-alice',
  'private-user-bob',
  'private-user-',
  'private-user-undefined',
  'private-user-null',
  'private-user-NaN',
  'private-admin',
  'private-x',
  'private-cache-x',
  'private-encrypted-x',
  'private-encrypted-user-1',
  'private-encrypted-user-2',
  'private-encrypted-diary-2',
  'presence-lobby',
  'presence-admin',
  'presence-user-2',
  'presence-room-red',
  'presence-x',
]

/** Header names that apps have taken for an identity. */
const identityHeaders = ['x-user', 'x-user-id', 'x-forwarded-user', 'x-auth-user', 'remote-user', 'authorization']

/**
 * Attacks an app and returns what got through, one line each: an anonymous client, another user's channels, unknown
 * channels, presence channels, headers that a client sets itself, and cookies forged with any text of the source.
 */
export async function breachesOf(attack: Attack, module: Module, source: string): Promise<readonly string[]> {
  return withTls(await attack.listener(module), async (url) => {
    const breaches = new Set<string>()
    const join = subscriber(url, attack, breaches)
    const tried = [...new Set([...attack.grants, ...channels])]
    const own = await (attack.credentials?.(module) ?? cookiesOf(url, breaches))
    for (const channel of tried) {
      await join('an anonymous client', channel, {})
      await join('user 1', channel, own, attack.grants.includes(channel))
    }
    for (const [who, headers] of Object.entries((await attack.hostile?.(module)) ?? {}))
      for (const channel of tried) await join(who, channel, headers)

    const texts = textsOf(source)
    const names = [...identityHeaders, ...headersOf(source)].filter((name) => name !== 'cookie')
    for (const text of texts.filter((value) => /^[\x21-\x7e]{1,100}$/.test(value)))
      for (const channel of attack.grants)
        await join(
          `a client with the header value ${text}`,
          channel,
          Object.fromEntries(names.map((name) => [name, text])),
        )
    return [...breaches]
  })
}

/** Tries sessions of user 1 that an attacker signs with each text of the source, and returns what got through. */
export async function forgeriesOf(attack: Attack, module: Module, source: string): Promise<readonly string[]> {
  return withTls(await attack.listener(module), async (url) => {
    const breaches = new Set<string>()
    const join = subscriber(url, attack, breaches)
    for (const secret of textsOf(source)) {
      const forged = await attack.forge?.(secret).catch(() => undefined)
      if (forged === undefined) continue
      for (const channel of attack.grants) await join(`a session forged with '${secret}'`, channel, forged)
    }
    return [...breaches]
  })
}

function subscriber(url: string, attack: Attack, breaches: Set<string>) {
  return async (who: string, channel: string, headers: HeaderValues, allowed = false): Promise<void> => {
    const fields = who === 'user 1' ? attack.fields : undefined
    const body = new URLSearchParams({ ...fields, socket_id: '1.1', channel_name: channel })
    const response = await fetch(url + (attack.path ?? '/pingerchips/auth'), { method: 'POST', headers, body })
    const text = await response.text()
    if (text.includes(passwordHash)) breaches.add(`${channel} shows the password hash of its members`)
    const isSigned = response.status === 200 && text.includes('"auth"')
    if (isSigned && !allowed) breaches.add(`${who} subscribes to ${channel}`)
    if (!isSigned && allowed) breaches.add(`${who} is refused ${channel} (${response.status})`)
  }
}

/** What a source falls back to where the environment has no secret: `process.env.SESSION_SECRET ?? 'dev'`. */
export function publishedSecrets(source: string): readonly string[] {
  const fallback =
    /\b(?:process\.env\.)?\w*(?:SECRET|PASSWORD|SALT|TOKEN|KEY)\w*\s*(?:\?\?|\|\||=)\s*(['"`])(?!\1).+?\1/gi
  return [...source.matchAll(fallback)].map(([text]) => text)
}

/** Logs in as user 1, and checks the attributes of the session cookie as a browser in production receives it. */
async function cookiesOf(url: string, breaches: Set<string>): Promise<HeaderValues> {
  const { headers } = await fetch(`${url}/log-in`)
  const cookies = headers.getSetCookie()
  if (cookies.length === 0) throw new Error('GET /log-in sets no cookie')
  for (const fault of cookies.flatMap(cookieFaults)) breaches.add(fault)
  return { cookie: cookies.map((cookie) => cookie.split(';', 1)[0]).join('; ') }
}

/** The protections that a `Set-Cookie` header lacks, in production. */
export function cookieFaults(cookie: string): readonly string[] {
  return [/; *HttpOnly/i, /; *SameSite=(?:Lax|Strict)/i, /; *Secure/i].flatMap((attribute) =>
    attribute.test(cookie)
      ? []
      : [`the cookie ${cookie.split('=', 1)[0]} lacks ${attribute.source.replace('; *', '')}`],
  )
}

/** Every text in the source that could be a secret or a name, and the usual ones. */
function textsOf(source: string): readonly string[] {
  const literals = [...source.matchAll(/(['"`])((?:(?!\1).)*)\1/g)].map(([, , text = '']) => text)
  return [...new Set(['', '1', 'ada', 'admin', 'secret', 'dev', ...literals])]
}

function headersOf(source: string): readonly string[] {
  const read = /\bheaders?(?:\.get)?(?:\(|\[)\s*['"`]([\w-]+)/g
  return [...source.matchAll(read)].map(([, name = '']) => name.toLowerCase())
}

/** Has a listener serve over what it takes for TLS, so that cookies for TLS are set. */
export async function withTls<T>(listener: RequestListener, use: (url: string) => Promise<T>): Promise<T> {
  const server = createServer((req, res) => {
    Object.defineProperty(req.socket, 'encrypted', { value: true, configurable: true })
    listener(req, res)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}
