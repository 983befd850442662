import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type LocalOptions, type LocalService, startLocal, type WebhookTarget } from '../index.ts'
import { parseJson } from '../protocol/json.ts'
import { appsFrom, exposesSecret } from './apps.ts'
import { banner, defaultPort, help, printable } from './text.ts'

const exposed =
  'Warning: every user of this machine can read the secret in --app (ps). Use --app-file FILE, or the variables ' +
  'PINGERCHIPS_APP_ID, PINGERCHIPS_APP_KEY and PINGERCHIPS_APP_SECRET.'

const offLoopback =
  'Warning: everyone in the network of --host can connect to this service, and trigger events with its public default ' +
  'credentials. Never use it in production. The console needs the token of its address.'

/**
 * Starts the service, which keeps the process alive until a signal ends it.
 * @throws {TypeError} for a bad option
 * @throws {Error} with a code, for a port that cannot be used
 */
export async function serve(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: 'string' },
      host: { type: 'string' },
      origin: { type: 'string', multiple: true },
      'tls-cert': { type: 'string' },
      'tls-key': { type: 'string' },
      app: { type: 'string', multiple: true },
      'app-file': { type: 'string', multiple: true },
      option: { type: 'string', multiple: true },
      webhooks: { type: 'string' },
      'webhook-events': { type: 'string' },
      json: { type: 'boolean' },
      open: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  if (values.help) return console.log(help)
  const apps = appsFrom({ ...values, env: process.env })
  if (exposesSecret(values.app)) console.error(exposed)
  const service = await startLocal({
    ...toOptions(values.option),
    port: toPort(values.port),
    ...(values.host !== undefined && { host: values.host }),
    ...(values.origin !== undefined && { origins: values.origin }),
    ...toTls(values['tls-cert'], values['tls-key']),
    apps,
    ...toWebhooks(values.webhooks, values['webhook-events']),
  })
  if (service.consoleUrl !== service.url) console.error(offLoopback)
  const stop = (): undefined => void service.close()
  // Registered before anything is printed: a program that waits for the text may send a signal at once. `once`: a second
  // Ctrl-C ends the process without cleaning up.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
  if (values.json) writeJson(service, stop)
  else console.log(banner(service))
  if (values.open) openBrowser(service.consoleUrl)
}

function writeJson(service: LocalService, stop: () => void): void {
  // The reader (`| head`) has closed the pipe.
  process.stdout.on('error', stop)
  const write = (line: object): void => console.log(printable(JSON.stringify(line)))
  const { url, host, port, apps } = service
  write({ type: 'listening', at: Date.now(), url, host, port, apps: apps.map(({ id, key }) => ({ id, key })) })
  service.onLog(write)
}

function toTls(cert: string | undefined, key: string | undefined): Pick<LocalOptions, 'tls'> {
  if (cert === undefined && key === undefined) return {}
  if (cert === undefined || key === undefined) throw new TypeError('--tls-cert and --tls-key need each other.')
  try {
    return { tls: { cert: readFileSync(cert), key: readFileSync(key) } }
  } catch {
    throw new TypeError('--tls-cert and --tls-key must be paths of readable files.')
  }
}

/** Parses `NAME=VALUE`, the value as JSON. startLocal validates both. */
function toOptions(texts: readonly string[] = []): LocalOptions {
  return Object.fromEntries(
    texts.map((text) => {
      const [, name, value] = /^(\w+)=(.*)$/s.exec(text) ?? []
      if (name === undefined || value === undefined || name === 'apps')
        throw new TypeError('--option must be NAME=VALUE, such as memberLimit=5, and cannot be apps.')
      return [name, parseJson(value) ?? value]
    }),
  )
}

function toWebhooks(url: string | undefined, events: string | undefined): Pick<LocalOptions, 'webhooks'> {
  if (url === undefined) {
    if (events !== undefined) throw new TypeError('--webhook-events needs --webhooks URL.')
    return {}
  }
  // startLocal validates the names.
  const names = events?.split(',') as WebhookTarget['events']
  return { webhooks: { url, ...(names && { events: names }) } }
}

function toPort(text: string | undefined): number {
  if (text === undefined) return defaultPort
  // Number('') is 0, which would be a random port.
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new TypeError('--port must be an integer from 0 to 65535.')
  return Number(text)
}

const openers: Partial<Record<NodeJS.Platform, readonly [command: string, ...args: string[]]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
}

/** Opens a URL in the user's browser. Prints to standard error if that fails. */
function openBrowser(url: string): void {
  const [command, ...args] = openers[process.platform] ?? ['xdg-open']
  const onFailure = (): void => console.error(`No browser could be opened. Open ${url} yourself.`)
  const opener = spawn(command, [...args, url], { stdio: 'ignore', detached: true })
  opener.once('error', onFailure)
  opener.once('exit', (code) => {
    if (code !== 0) onFailure()
  })
  opener.unref()
}
