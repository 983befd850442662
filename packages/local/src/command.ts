import { parseArgs } from 'node:util'
import { defaultApp } from './app.ts'
import { type LocalService, startLocal } from './service.ts'

const defaultPort = 6001

const help = `pingerchips-local: a Pingerchips service for this machine. Development, demos and tests; never production.

  --port N   TCP port on 127.0.0.1; 0 lets the system pick. Default ${defaultPort}.
  --help     This text.`

/** What there is to print, and the service if one now runs. With an `error` the process ends with 1. */
export interface Outcome {
  readonly service?: LocalService
  readonly out?: string
  readonly error?: string
}

/** What `pingerchips-local` does with its arguments. */
export async function runCommand(args: readonly string[]): Promise<Outcome> {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { port: { type: 'string' }, help: { type: 'boolean' } },
    })
    if (values.help) return { out: help }
    const service = await startLocal({ port: toPort(values.port) })
    return { service, out: banner(service) }
  } catch (error) {
    return { error: advice(error) }
  }
}

function toPort(text: string | undefined): number {
  if (text === undefined) return defaultPort
  // Number('') is 0, which would be a port that nobody asked for.
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new TypeError('--port must be a number from 0 to 65535')
  return Number(text)
}

function banner({ url, host, port }: LocalService): string {
  const { id, key, secret, token } = defaultApp
  return `Pingerchips, local, at ${url} (never production)

PINGERCHIPS_APP_ID=${id}
PINGERCHIPS_APP_KEY=${key}
PINGERCHIPS_APP_SECRET=${secret}
PINGERCHIPS_API_TOKEN=${token}
PINGERCHIPS_ENDPOINT=${url}

In the client, with pusher-js:
new Pusher('${key}', { wsHost: '${host}', wsPort: ${port}, forceTLS: false, enabledTransports: ['ws'], cluster: 'local', channelAuthorization: { endpoint: '/pingerchips/auth', transport: 'ajax' } })

Ctrl-C stops it.`
}

function advice(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const elsewhere = 'Choose another, or 0 for a free one: --port 0'
  if (code === 'EADDRINUSE') return `The port is taken. Stop what listens there. ${elsewhere}`
  if (code === 'EACCES') return `The port may not be used by this user. ${elsewhere}`
  if (error instanceof TypeError) return `${error.message}\n\n${help}`
  throw error
}
