import { parseArgs } from 'node:util'
import { type LocalService, startLocal } from '../service.ts'
import { appsFrom, exposesSecret } from './app-option.ts'
import { banner } from './banner.ts'
import { defaultPort, help } from './help.ts'
import { openBrowser } from './open-browser.ts'
import { printable } from './printable.ts'

/**
 * Starts the service, which keeps the process alive until a signal ends it.
 * @throws {TypeError} for a bad option
 * @throws {Error} with a code, for a port that cannot be had
 */
export async function serve(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: 'string' },
      app: { type: 'string', multiple: true },
      'app-file': { type: 'string', multiple: true },
      json: { type: 'boolean' },
      open: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  if (values.help) return console.log(help)
  const apps = appsFrom({ ...values, env: process.env })
  if (exposesSecret(values.app)) console.error(exposed)
  const service = await startLocal({ port: toPort(values.port), apps })
  const stop = (): undefined => void service.close()
  // Before anything is printed, so that whoever waits for the text may stop it. Once: a second Ctrl-C ends the
  // process the hard way.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
  if (values.json) writeJson(service, stop)
  else console.log(banner(service))
  if (values.open) openBrowser(service.url)
}

const exposed =
  'Warning: every user of this machine can read the secret in --app (ps). Use --app-file FILE, or the variables ' +
  'PINGERCHIPS_APP_ID, PINGERCHIPS_APP_KEY and PINGERCHIPS_APP_SECRET.'

function writeJson(service: LocalService, stop: () => void): void {
  // Whoever read us (`| head`) has gone: nobody is left to serve.
  process.stdout.on('error', stop)
  const write = (line: object): void => console.log(printable(JSON.stringify(line)))
  const { url, host, port, apps } = service
  write({ type: 'listening', at: Date.now(), url, host, port, apps: apps.map(({ id, key }) => ({ id, key })) })
  service.onLog(write)
}

function toPort(text: string | undefined): number {
  if (text === undefined) return defaultPort
  // Number('') is 0, which would be a port that nobody asked for.
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new TypeError('--port must be a number from 0 to 65535')
  return Number(text)
}
