import type { Explanation } from '../log/entry.ts'
import type { RunningApp } from '../running-app.ts'

/** Why the `token` header is not the app's token. */
export function explainToken(app: RunningApp, given: unknown): Explanation {
  if (app.token === undefined)
    return { text: `The app ${app.id} has no token: give it one, or use an app key (the signed protocol).` }
  if (typeof given !== 'string') return { text: 'There is no token header.' }
  if (given === app.secret) return { text: 'The header holds the secret of the app in place of its token.' }
  if (given === app.key) return { text: 'The header holds the key of the app in place of its token.' }
  const other = app.siblings.find(({ token }) => token === given)
  if (other !== undefined) return { text: `The header holds the token of the app ${other.id}, for the app ${app.id}.` }
  return { text: `The header holds another token. Check PINGERCHIPS_API_TOKEN for the app ${app.id}.` }
}
