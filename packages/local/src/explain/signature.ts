import { signatureVerifier } from '../protocol/credentials.ts'
import type { Explanation } from '../state/log-event.ts'
import type { RunningApp } from '../state/running-app.ts'

/** A string that may have been signed by mistake, and the explanation if it was. */
export interface Guess {
  readonly signed: string
  readonly text: string
}

/** An invalid signature, and the mistakes to look for. */
export interface Failure {
  readonly signature: unknown
  readonly stringToSign: string
  /** From the likeliest to the least likely. Iterated up to the first match. */
  readonly guesses: Iterable<Guess>
  /** The explanation if no guess matches. Default: a wrong secret. */
  readonly otherwise?: string | undefined
}

/**
 * Characters that one explanation hashes, over all candidates: a few milliseconds of one CPU. Each candidate is a hash
 * over all of its text, and the text comes from an unauthenticated sender.
 */
const hashBudget = 1_048_576
/** Longest text that candidates are tried for, in characters: 64 KiB of data, escaped. */
const candidateLimit = 131_072
/** Longest string to sign that goes into the log, in characters. The rest is cut. */
const shownLimit = 8192

/** Explains an invalid signature: its form, the secret that made it, or the string that was signed. */
export function explainSignature(app: RunningApp, failure: Failure): Explanation {
  const { signature, stringToSign, guesses, otherwise = wrongSecret(app) } = failure
  const explanation = (text: string, signed?: string): Explanation => ({
    text,
    stringToSign: cut(stringToSign),
    ...(signed !== undefined && { signed: cut(signed) }),
  })
  if (typeof signature !== 'string' || signature === '') return explanation('There is no signature.')
  const form = explainForm(signature)
  if (form !== undefined) return explanation(form)
  if (stringToSign.length > candidateLimit) return explanation(otherwise)
  let budget = hashBudget
  for (const { secret, text } of wrongSecrets(app)) {
    budget -= stringToSign.length
    if (budget < 0) return explanation(otherwise)
    if (signatureVerifier(secret)(signature, stringToSign)) return explanation(text, stringToSign)
  }
  for (const { signed, text } of guesses) {
    budget -= signed.length
    if (budget < 0) break
    if (app.verify(signature, signed)) return explanation(text, signed)
  }
  return explanation(otherwise)
}

function cut(text: string): string {
  return text.length <= shownLimit ? text : `${text.slice(0, shownLimit)}… (${text.length} characters in all)`
}

function wrongSecret({ id }: RunningApp): string {
  return (
    `Most likely the secret is wrong: the sender does not have the secret of the app ${id}. Compare its ` +
    'PINGERCHIPS_APP_SECRET with that of this service. If they are equal, compare the string it signs with the string to sign.'
  )
}

const otherDigests: ReadonlyMap<number, string> = new Map([
  [32, 'an MD5'],
  [40, 'a SHA-1'],
  [96, 'a SHA-384'],
  [128, 'a SHA-512'],
])

function explainForm(signature: string): string | undefined {
  const expected = 'A signature is the HMAC-SHA256 as 64 lower-case hex digits'
  if (/^[0-9a-f]{64}$/.test(signature)) return undefined
  if (/^[0-9a-f]{64}$/i.test(signature)) return `${expected}; these are upper-case.`
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(signature)) return `${expected}; this one looks like base64.`
  const other = /^[0-9a-f]+$/i.test(signature) ? otherDigests.get(signature.length) : undefined
  return `${expected}; this one has ${signature.length} characters${other ? `, as ${other} has` : ''}.`
}

function* wrongSecrets(app: RunningApp): Generator<{ readonly secret: string; readonly text: string }> {
  const { id, key, secret, token } = app
  for (const other of app.siblings)
    if (other !== app)
      yield {
        secret: other.secret,
        text:
          `It was signed with the secret of the app ${other.id}, for the app ${id}. Configure the sender with the ` +
          `id, key and secret of one app.`,
      }
  const instead = `with the app's %s in place of its secret. Check PINGERCHIPS_APP_SECRET.`
  yield { secret: key, text: `It was signed ${instead.replace('%s', 'key')}` }
  if (id.length > 0) yield { secret: id, text: `It was signed ${instead.replace('%s', 'id')}` }
  if (token !== undefined) yield { secret: token, text: `It was signed ${instead.replace('%s', 'token')}` }
  const space = 'It was signed with the right secret and white space around it. Trim PINGERCHIPS_APP_SECRET.'
  for (const padded of [`${secret}\n`, `${secret}\r\n`, `${secret}\r`, `${secret} `, ` ${secret}`])
    yield { secret: padded, text: space }
  for (const quote of [`"`, `'`])
    yield {
      secret: `${quote}${secret}${quote}`,
      text: 'It was signed with the right secret in quotes. Remove them from PINGERCHIPS_APP_SECRET: the tool that reads it keeps them.',
    }
}
