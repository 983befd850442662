import { readFileSync } from 'node:fs'
import { parseArgs, parseEnv } from 'node:util'
import { printable } from '../cli/text.ts'
import { isOrigin } from '../http/origin-guard.ts'
import { channelKind, isChannel } from '../protocol/names.ts'
import { checkAuthEndpoint } from './auth-endpoint.ts'
import { type CheckResult, resultText, skipped } from './check-result.ts'
import { checkCredentials, type Environment } from './credentials.ts'
import { checkEndpoint, checkTrigger, doctorChannel } from './endpoint.ts'
import type { AuthEndpoint } from './request.ts'

export const doctorHelp: string = `pingerchips-local doctor: checks this environment and says how to fix what is wrong.

It reads the PINGERCHIPS_* variables as PingerchipsServer.fromEnv() does, and prints none of their values but the
endpoint's origin. It sends one event "check" to the channel ${doctorChannel}. The exit code is 1 if a check failed.

  --env FILE               Variables from a file such as .env. Variables of the environment have priority.
  --auth-url URL           The app's auth endpoint, such as http://localhost:3000/pingerchips/auth.
  --channel NAME           The channel of the request. Default: private-${doctorChannel}.
  --cookie TEXT            The session, as in a browser's Cookie header.
  --header 'NAME: VALUE'   Another header, such as Authorization. May be repeated.
  --header-file FILE       Headers from a file, one 'NAME: VALUE' per line: the process list does not show it.
  --origin ORIGIN          The page's origin, such as https://shop.example. If it is not the app's, checks CORS.
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
  const headers = toHeaders(header, cookie)
  const authEndpoint = url === undefined ? undefined : toAuthEndpoint(url, channel, headers, origin)
  const withoutSecrets = remover([
    ...credentialNames.map((name) => variables[name]),
    ...Object.values(headers).flatMap((value) => value.split(/[\s;,=]+/)),
  ])

  let anyFailed = false
  for await (const result of checks(variables, authEndpoint)) {
    anyFailed ||= result.state === 'failed'
    print(withoutSecrets(printable(json ? JSON.stringify(result) : resultText(result))))
  }
  return anyFailed ? 1 : 0
}

const credentialNames = [
  'PINGERCHIPS_APP_SECRET',
  'PINGERCHIPS_API_TOKEN',
  'PINGERCHIPS_ENCRYPTION_MASTER_KEY',
] as const

/** Shorter texts are no secrets, and too common in other words. */
const minSecretLength = 8

/** Removes secrets from a line: what an app or a host responds may repeat them. */
function remover(texts: readonly (string | undefined)[]): (line: string) => string {
  const secrets = texts.flatMap((text) => {
    const trimmed = text?.trim() ?? ''
    return trimmed.length < minSecretLength
      ? []
      : [trimmed, JSON.stringify(trimmed).slice(1, -1), encodeURIComponent(trimmed)]
  })
  return (line) => secrets.reduce((rest, secret) => rest.replaceAll(secret, '[removed]'), line)
}

/** Runs the checks. Each result is yielded as soon as it is known. */
async function* checks(env: Environment, authEndpoint: AuthEndpoint | undefined): AsyncGenerator<CheckResult> {
  const { result, client } = checkCredentials(env)
  yield result
  if (client === undefined) {
    yield skipped('other checks', 'need the credentials')
    return
  }
  try {
    yield* await checkEndpoint(env.PINGERCHIPS_ENDPOINT || undefined)
    yield await checkTrigger(client)
    const { PINGERCHIPS_APP_KEY: key, PINGERCHIPS_APP_SECRET: secret = '' } = env
    if (authEndpoint === undefined) yield skipped('auth endpoint', 'needs --auth-url')
    else if (!key) yield skipped('auth endpoint', 'needs PINGERCHIPS_APP_KEY, which is not set')
    else yield* await checkAuthEndpoint(authEndpoint, { key, secret })
  } finally {
    await client.close()
  }
}

function readVariables(path: string): Environment {
  try {
    return parseEnv(readFileSync(path, 'utf8'))
  } catch {
    throw new TypeError('--env must be the path of a readable file.')
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
    throw new TypeError('--auth-url must be an absolute URL, such as http://localhost:3000/pingerchips/auth.')
  if (url.username !== '' || url.password !== '')
    throw new TypeError('--auth-url must not contain a user name or a password. Use --header-file.')
  if (!isChannel(channel) || !['private', 'presence'].includes(channelKind(channel)))
    throw new TypeError('--channel must be the name of a private- or presence- channel.')
  if (origin !== undefined && !isOrigin(origin))
    throw new TypeError('--origin must be scheme://host or scheme://host:port, without a path.')
  return { url, channel, headers, origin }
}

const visible = /^[\x20-\x7e]*$/

/** Validated here: an error of `fetch` repeats an invalid value, which may be a session. */
function toHeaders(lines: readonly string[], cookie: string | undefined): Record<string, string> {
  if (cookie !== undefined && !visible.test(cookie)) throw new TypeError('--cookie must be printable ASCII.')
  const headers: Record<string, string> = cookie === undefined ? {} : { cookie }
  for (const line of lines) {
    const [, name, value = ''] = /^([\w-]+):\s*(.*)$/s.exec(line) ?? []
    if (name === undefined || !visible.test(value))
      throw new TypeError("--header must be 'NAME: VALUE', printable ASCII.")
    headers[name.toLowerCase()] = value
  }
  return headers
}
