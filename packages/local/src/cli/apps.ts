import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { type App, defaultApp } from '../protocol/credentials.ts'

/** Values of `--app` and `--app-file`, and the variables of the process. */
export interface AppSources {
  readonly app?: readonly string[] | undefined
  readonly 'app-file'?: readonly string[] | undefined
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * The apps to serve: those of the options; otherwise that of the environment, if it names one; otherwise the default
 * app.
 * @throws {TypeError} for an option or a file that names no app. The message holds no value: it may be a secret.
 */
export function appsFrom({ app = [], 'app-file': files = [], env }: AppSources): readonly App[] {
  const named = [...app.map(fromArgument), ...files.map(fromFile)]
  if (named.length > 0) return named
  const { PINGERCHIPS_APP_ID, PINGERCHIPS_APP_KEY, PINGERCHIPS_APP_SECRET } = env
  if (!PINGERCHIPS_APP_ID || !PINGERCHIPS_APP_KEY || !PINGERCHIPS_APP_SECRET) return [defaultApp]
  return [fromVariables(env, 'The environment')]
}

/** Whether a secret stands in the arguments, where every user of the machine can read it (`ps`). */
export function exposesSecret(app: readonly string[] = []): boolean {
  return app.some((text) => fromArgument(text).secret !== defaultApp.secret)
}

/** `ID:KEY:SECRET`. The secret is the rest, colons included. */
function fromArgument(text: string): App {
  const [, id, key, secret] = /^([\w.~-]+):([\w.~-]+):(.+)$/s.exec(text) ?? []
  if (id === undefined || key === undefined || secret === undefined)
    throw new TypeError(
      '--app must be ID:KEY:SECRET, such as local:local-key:local-secret. ID and KEY: letters, digits, ".", "_", "~", "-".',
    )
  return { id, key, secret }
}

/** A file with the variables of one app, such as the app's own `.env`. */
function fromFile(path: string): App {
  let variables: AppSources['env']
  try {
    variables = parseEnv(readFileSync(path, 'utf8'))
  } catch {
    throw new TypeError('--app-file must be the path of a readable file with PINGERCHIPS_APP_… lines.')
  }
  return fromVariables(variables, 'The file of --app-file')
}

function fromVariables(variables: AppSources['env'], source: string): App {
  const read = (name: string): string => {
    const value = variables[name]
    if (!value) throw new TypeError(`${source} must set ${name}.`)
    return value
  }
  const token = variables.PINGERCHIPS_API_TOKEN
  return {
    id: read('PINGERCHIPS_APP_ID'),
    key: read('PINGERCHIPS_APP_KEY'),
    secret: read('PINGERCHIPS_APP_SECRET'),
    ...(token && { token }),
  }
}
