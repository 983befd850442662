import { readFileSync } from 'node:fs'
import { parseArgs, parseEnv } from 'node:util'
import { printable } from '../command/printable.ts'
import { channelKind, isChannel } from '../names.ts'
import { isOrigin } from '../neighbours.ts'
import { type AuthEndpoint, checkAuthEndpoint } from './auth-endpoint.ts'
import { checkCredentials, type Environment } from './credentials.ts'
import { checkEndpoint } from './endpoint.ts'
import { type Finding, findingText, skipped } from './finding.ts'
import { checkTrigger, doctorChannel } from './trigger.ts'

export const doctorHelp: string = `pingerchips-local doctor: looks for what keeps this environment from working, and says how to mend it.

It reads the PINGERCHIPS_* variables as PingerchipsServer.fromEnv() does, and prints none of their secrets. It sends one
event "check" to the channel ${doctorChannel}. It ends with 1 if anything failed.

  --env FILE               Variables from a file such as .env; those that are set already go first.
  --auth-url URL           The app's auth endpoint, such as http://localhost:3000/pingerchips/auth.
  --channel NAME           What to ask it for. Default: private-${doctorChannel}.
  --cookie TEXT            A session to ask with, as a browser's Cookie header has it.
  --header 'NAME: VALUE'   Another header, such as Authorization. May be repeated.
  --header-file FILE       Headers from a file, one 'NAME: VALUE' a line: the process list does not show them.
  --origin ORIGIN          The page's origin, if it is not the app's: checks CORS. Such as https://shop.example.
  --json                   One line of JSON for each check.
  --help                   This text.`

/** Prints a line for each check. @returns the exit code @throws {TypeError} for a bad option */
export async function doctor(
  args: readonly string[],
  env: Environment,
  print: (line: string) => void,
): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      env: { type: 'string' },
      'auth-url': { type: 'string' },
      channel: { type: 'string', default: `private-${doctorChannel}` },
      cookie: { type: 'string' },
      header: { type: 'string', multiple: true, default: [] },
      'header-file': { type: 'string' },
      origin: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    print(doctorHelp)
    return 0
  }
  const { env: file, 'auth-url': url, channel, cookie, origin, json } = values
  const header = [...values.header, ...readHeaders(values['header-file'])]
  const variables = file === undefined ? env : { ...readVariables(file), ...env }
  const authEndpoint = url === undefined ? undefined : toAuthEndpoint(url, channel, toHeaders(header, cookie), origin)

  let anyFailed = false
  for await (const finding of examine(variables, authEndpoint)) {
    anyFailed ||= finding.state === 'failed'
    print(printable(json ? JSON.stringify(finding) : findingText(finding)))
  }
  return anyFailed ? 1 : 0
}

/** Finding after finding, each as soon as it is known. */
async function* examine(env: Environment, authEndpoint: AuthEndpoint | undefined): AsyncGenerator<Finding> {
  const { finding, client } = checkCredentials(env)
  yield finding
  if (client === undefined) {
    yield skipped('all else', 'needs the credentials')
    return
  }
  try {
    yield* await checkEndpoint(env.PINGERCHIPS_ENDPOINT || undefined)
    yield await checkTrigger(client)
    const { PINGERCHIPS_APP_KEY: key, PINGERCHIPS_APP_SECRET: secret = '' } = env
    if (authEndpoint === undefined) yield skipped('auth endpoint', '--auth-url names it')
    else if (!key) yield skipped('auth endpoint', 'signs with PINGERCHIPS_APP_KEY, which is not set')
    else yield* await checkAuthEndpoint(authEndpoint, { key, secret })
  } finally {
    await client.close()
  }
}

function readVariables(path: string): Environment {
  try {
    return parseEnv(readFileSync(path, 'utf8'))
  } catch {
    throw new TypeError('--env must name a file that can be read')
  }
}

function readHeaders(path: string | undefined): readonly string[] {
  if (path === undefined) return []
  try {
    return readFileSync(path, 'utf8')
      .split(/\r?\n/)
      .filter((line) => line.trim() !== '')
  } catch {
    throw new TypeError('--header-file must be the path of a readable file.')
  }
}

function toAuthEndpoint(
  text: string,
  channel: string,
  headers: Readonly<Record<string, string>>,
  origin: string | undefined,
): AuthEndpoint {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new TypeError('--auth-url must be a whole URL, such as http://localhost:3000/pingerchips/auth')
  if (url.username !== '' || url.password !== '')
    throw new TypeError('--auth-url must not hold a user name or a password; --header can')
  if (!isChannel(channel) || !['private', 'presence'].includes(channelKind(channel)))
    throw new TypeError('--channel must be the name of a private- or a presence- channel')
  if (origin !== undefined && !isOrigin(origin))
    throw new TypeError('--origin must be scheme://host or scheme://host:port, no path')
  return { url, channel, headers, origin }
}

const visible = /^[\x20-\x7e]*$/

/** Checked here: `fetch` would repeat a value that it does not take, and it may be a session. */
function toHeaders(lines: readonly string[], cookie: string | undefined): Record<string, string> {
  if (cookie !== undefined && !visible.test(cookie)) throw new TypeError('--cookie must be printable ASCII')
  const headers: Record<string, string> = cookie === undefined ? {} : { cookie }
  for (const line of lines) {
    const [, name, value = ''] = /^([\w-]+):\s*(.*)$/s.exec(line) ?? []
    if (name === undefined || !visible.test(value))
      throw new TypeError("--header must be 'NAME: VALUE', printable ASCII")
    headers[name.toLowerCase()] = value
  }
  return headers
}
