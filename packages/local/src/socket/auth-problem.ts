import { explainSignature, type Guess } from '../explain/signature.ts'
import type { Explanation } from '../log/entry.ts'
import type { RunningApp } from '../running-app.ts'

/** What a client asks for and is not given. */
export interface AuthProblem {
  /** For the client. It tells what to sign, never what was signed. */
  readonly reason: string
  /** For the log alone. */
  readonly explain?: () => Explanation
}

/** What an `auth` must be, and what it may be by mistake. */
export interface Expected {
  /** The string that the signature must be of. */
  readonly signed: string
  /** That string with its parts named. */
  readonly form: string
  readonly guesses: () => Iterable<Guess>
  /** What to say where no guess holds. Default: that the secret is wrong. */
  readonly otherwise?: string | undefined
}

/** What is wrong with `auth`, which must be `KEY:SIGNATURE`; `undefined` if nothing is. */
export function authProblem(app: RunningApp, auth: unknown, expected: Expected): AuthProblem | undefined {
  const { signed, form, guesses, otherwise } = expected
  const because = (text: string) => () => ({ text, stringToSign: signed })
  if (typeof auth !== 'string')
    return {
      reason: 'This needs an auth: KEY:SIGNATURE',
      explain: because(
        'There is no auth. The client did not ask an auth endpoint (pusher-js: channelAuthorization, userAuthentication), or the answer of the endpoint has none.',
      ),
    }
  if (!auth.startsWith(`${app.key}:`))
    return { reason: 'The auth is not of the key that this connection uses', explain: because(keyProblem(app, auth)) }
  const signature = auth.slice(app.key.length + 1)
  if (app.verify(signature, signed)) return undefined
  return {
    reason: `Invalid signature: it must be the lower-case hex HMAC-SHA256 of ${form} with the app secret`,
    explain: () => explainSignature(app, { signature, stringToSign: signed, guesses: guesses(), otherwise }),
  }
}

// What stands in the place of the key is not shown: it may be a secret.
function keyProblem(app: RunningApp, auth: string): string {
  const must = `An auth is KEY:SIGNATURE, and the key of this connection is ${app.key}.`
  if (!auth.includes(':')) return `${must} This one has no key: answer the key, a colon and the signature.`
  const other = app.siblings.find(({ key }) => auth.startsWith(`${key}:`))
  if (other !== undefined)
    return `${must} This one has the key of the app ${other.id}: the client and the auth endpoint must use the same app.`
  return `${must} This one has a key that no app here has. Check PINGERCHIPS_APP_KEY of whoever signs.`
}
