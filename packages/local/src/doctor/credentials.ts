import { PingerchipsServer } from '@pingerchips/core'
import { type CheckResult, failed, ok } from './check-result.ts'
import { requestTimeoutMs } from './request.ts'

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

/** Creates the client that an app would have with this environment. It is missing if the check failed. */
export function checkCredentials(env: Environment): {
  readonly result: CheckResult
  readonly client?: PingerchipsServer
} {
  const wrapped = Object.values(variables).filter((name) => /^[\s'"]|[\s'"]$/.test(env[name] ?? ''))
  if (wrapped.length > 0)
    return {
      result: failed(
        check,
        `${wrapped.join(', ')} begins or ends with a quotation mark or white space`,
        'Remove it. Some tools that read .env files (docker --env-file) keep the marks around a value.',
      ),
    }
  try {
    const options = { retries: 0, timeout: requestTimeoutMs, deadline: requestTimeoutMs }
    const client = PingerchipsServer.fromEnv(env, options)
    // No values: a secret may stand in the place of a key or an id.
    const found = env.PINGERCHIPS_APP_KEY
      ? 'app id, app key and app secret are set'
      : 'app id, app secret and API token are set'
    return { client, result: ok(check, found) }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    // The client names its options; the user has set variables.
    const found = error.message.replace(/^\S+/, (name) => variables[name] ?? name)
    return {
      result: failed(
        check,
        found,
        "Set it to the value on the app's page in the Pingerchips dashboard; --env .env reads a file.",
      ),
    }
  }
}
