import { explainSignature, type Guess } from '../explain/signature.ts'
import type { Explanation } from '../state/log-event.ts'
import type { RunningApp } from '../state/running-app.ts'

/** Why a client is refused. */
export interface AuthProblem {
  /** For the client. It names the string to sign, never what was signed. */
  readonly reason: string
  /** For the log only. */
  readonly explain?: () => Explanation
  /** `type` and `status` of the `pusher:subscription_error`. Default: `AuthError`, 401. */
  readonly type?: string
  readonly status?: number
}

/** The expected `auth`, and the mistakes to look for. */
export interface Expected {
  /** The string to sign. */
  readonly signed: string
  /** Its form, with names for its parts. */
  readonly form: string
  readonly guesses: () => Iterable<Guess>
  /** The explanation if no guess matches. Default: a wrong secret. */
  readonly otherwise?: string | undefined
}

/** Verifies an `auth`, which must be `KEY:SIGNATURE`. Returns `undefined` if it is valid. */
export function authProblem(app: RunningApp, auth: unknown, expected: Expected): AuthProblem | undefined {
  const { signed, form, guesses, otherwise } = expected
  if (typeof auth !== 'string')
    return {
      reason: 'This needs an auth: KEY:SIGNATURE',
      explain: () => ({
        text: 'There is no auth. Either the client has no auth endpoint (pusher-js: channelAuthorization, userAuthentication), or the response of the endpoint has no auth.',
        stringToSign: signed,
      }),
    }
  if (!auth.startsWith(`${app.key}:`))
    return {
      reason: 'The auth is not of the key that this connection uses',
      explain: () => ({ text: keyProblem(app, auth), stringToSign: signed }),
    }
  const signature = auth.slice(app.key.length + 1)
  if (app.verify(signature, signed)) return undefined
  return {
    reason: `Invalid signature: it must be the lower-case hex HMAC-SHA256 of ${form} with the app secret`,
    explain: () => explainSignature(app, { signature, stringToSign: signed, guesses: guesses(), otherwise }),
  }
}

// The text in the place of the key is not shown: it may be a secret.
function keyProblem(app: RunningApp, auth: string): string {
  const expected = `An auth is KEY:SIGNATURE, and the key of this connection is ${app.key}.`
  if (!auth.includes(':')) return `${expected} This one has no key: return the key, a colon and the signature.`
  const other = app.siblings.find(({ key }) => auth.startsWith(`${key}:`))
  if (other !== undefined)
    return `${expected} This one has the key of the app ${other.id}: the client and the auth endpoint must use the same app.`
  return `${expected} This one has a key that no app here has. Check PINGERCHIPS_APP_KEY of the auth endpoint.`
}
