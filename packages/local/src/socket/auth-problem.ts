import type { RunningApp } from '../app.ts'

/**
 * What is wrong with `auth`, which must be `KEY:SIGNATURE`; `undefined` if nothing is.
 * @param signed the string that the signature must be of
 * @param form that string with its parts named, for the message: it tells what to sign, never what was signed
 */
export function authProblem(app: RunningApp, auth: unknown, signed: string, form: string): string | undefined {
  if (typeof auth !== 'string') return 'This needs an auth: KEY:SIGNATURE'
  if (!auth.startsWith(`${app.key}:`)) return 'The auth is not of the key that this connection uses'
  if (app.verify(auth.slice(app.key.length + 1), signed)) return undefined
  return `Invalid signature: it must be the lower-case hex HMAC-SHA256 of ${form} with the app secret`
}
