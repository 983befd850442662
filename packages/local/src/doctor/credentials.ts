import { PingerchipsServer } from '@pingerchips/core'
import { type Finding, failed, ok } from './finding.ts'

export type Environment = Readonly<Record<string, string | undefined>>

const check = 'credentials'

const variables: Readonly<Record<string, string>> = {
  appId: 'PINGERCHIPS_APP_ID',
  appSecret: 'PINGERCHIPS_APP_SECRET',
  'options.appKey': 'PINGERCHIPS_APP_KEY',
  'options.token': 'PINGERCHIPS_API_TOKEN',
  'options.endpoint': 'PINGERCHIPS_ENDPOINT',
  'options.encryptionMasterKey': 'PINGERCHIPS_ENCRYPTION_MASTER_KEY',
}

/** Milliseconds that the doctor gives every question that it asks over a network. */
export const patienceMs = 10_000

/** The client that an app would get from this environment; none where the finding is a failure. */
export function checkCredentials(env: Environment): { readonly finding: Finding; readonly client?: PingerchipsServer } {
  const wrapped = Object.values(variables).filter((name) => /^[\s'"]|[\s'"]$/.test(env[name] ?? ''))
  if (wrapped.length > 0)
    return {
      finding: failed(
        check,
        `${wrapped.join(', ')} begins or ends with a quotation mark or white space`,
        'Take it away. Some tools that read .env files (docker --env-file) keep the marks around a value.',
      ),
    }
  try {
    const client = PingerchipsServer.fromEnv(env, { retries: 0, timeout: patienceMs, deadline: patienceMs })
    // No value: a secret may stand in the place of a key or an id.
    const found = env.PINGERCHIPS_APP_KEY
      ? 'app id, app key and app secret are set'
      : 'app id, app secret and API token are set'
    return { client, finding: ok(check, found) }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    // The names of the client's options, to one who has set variables.
    const found = error.message.replace(/^\S+/, (name) => variables[name] ?? name)
    return {
      finding: failed(
        check,
        found,
        "Set it as the app's page in the Pingerchips dashboard shows it; --env .env has the doctor read a file.",
      ),
    }
  }
}
