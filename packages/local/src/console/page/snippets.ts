import type { Hello } from '../server/messages.ts'

type App = Hello['apps'][number]

/** Address of the service. */
export interface Address {
  readonly host: string
  readonly port: string
}

export function envLines({ id, key, secret, token }: App, { host, port }: Address): string {
  return [
    `PINGERCHIPS_APP_ID=${id}`,
    `PINGERCHIPS_APP_KEY=${key}`,
    `PINGERCHIPS_APP_SECRET=${secret ?? ' # the secret of the app'}`,
    ...(token === undefined ? [] : [`PINGERCHIPS_API_TOKEN=${token}`]),
    `PINGERCHIPS_ENDPOINT=http://${host}:${port}`,
  ].join('\n')
}

export function clientSnippet({ key }: App, { host, port }: Address): string {
  return `import Pusher from 'pusher-js'

const client = new Pusher('${key}', {
  wsHost: '${host}',
  wsPort: ${port},
  forceTLS: false,
  enabledTransports: ['ws'],
  cluster: 'local',
  channelAuthorization: { endpoint: '/pingerchips/auth', transport: 'ajax' },
})
client.subscribe('my-channel').bind('greeting', (data) => console.log(data))`
}

// The channel is compared, and the member's fields are chosen: a copy of these lines must let no one else in.
const authorize = `authorize: ({ channel, user }) => {
      if (channel === 'presence-lobby') return { user_id: user.id, user_info: { name: user.name } }
      return channel === \`private-user-\${user.id}\`
    },`

function adapter(name: string, user: string, mount: (options: string) => string): string {
  return `import { PingerchipsServer } from '@pingerchips/core'
import { pingerchips } from '@pingerchips/${name}'

${mount(`{
    client: PingerchipsServer.fromEnv(),
    user: ${user},
    ${authorize}
  }`)}`
}

function handler(name: 'fetch' | 'node', user: string, mount: (call: string) => string): string {
  const made = `${name}Handler`
  return `import { PingerchipsServer } from '@pingerchips/core'
import { ${made} } from '@pingerchips/core/${name}'

${mount(`${made}({
  client: PingerchipsServer.fromEnv(),
  user: ${user},
  ${authorize}
})`)}`
}

/** The code that mounts the auth endpoint, by framework. `app` and the session are the reader's own. */
export const serverSnippets: Readonly<Record<string, string>> = {
  Express: adapter('express', '(req) => req.session.user', (options) => `app.use(\n  pingerchips(${options}),\n)`),
  Fastify: adapter(
    'fastify',
    '(request) => request.session.user',
    (options) => `app.register(\n  pingerchips,\n  ${options},\n)`,
  ),
  Hono: adapter('hono', `(c) => c.get('user')`, (options) => `app.use(\n  pingerchips(${options}),\n)`),
  Koa: adapter('koa', '(ctx) => ctx.session.user', (options) => `app.use(\n  pingerchips(${options}),\n)`),
  'Next.js, Bun, Deno, Workers': handler(
    'fetch',
    '(request) => userOf(request)',
    (call) => `export const POST = ${call}`,
  ),
  'node:http': handler('node', '(request) => userOf(request)', (call) => `const auth = ${call}`),
}
