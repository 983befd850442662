import type { Explanation } from '../state/log-event.ts'
import type { RunningApp } from '../state/running-app.ts'

/** Explains an unknown id or key. The received value is not shown: it may be a secret. */
export function explainUnknownApp(apps: ReadonlyMap<string, RunningApp>, by: 'id' | 'key'): Explanation {
  const known = [...apps.keys()].join(', ')
  const setting = by === 'id' ? 'PINGERCHIPS_APP_ID' : 'PINGERCHIPS_APP_KEY'
  return {
    text: `No app here has this ${by}. The ${by}s are: ${known}. Check ${setting}, and the ${by} in the client.`,
  }
}

/** Explains a wrong `token` header. */
export function explainToken(app: RunningApp, received: unknown): Explanation {
  if (app.token === undefined)
    return { text: `The app ${app.id} has no token. Set one, or use an app key (the signed protocol).` }
  if (typeof received !== 'string') return { text: 'There is no token header.' }
  if (received === app.secret) return { text: 'The header holds the secret of the app in place of its token.' }
  if (received === app.key) return { text: 'The header holds the key of the app in place of its token.' }
  const other = app.siblings.find(({ token }) => token === received)
  if (other !== undefined) return { text: `The header holds the token of the app ${other.id}, for the app ${app.id}.` }
  return { text: `The header holds another token. Check PINGERCHIPS_API_TOKEN for the app ${app.id}.` }
}

/** Explains a refused time stamp, which must be Unix seconds within 5 minutes of now. */
export function explainTimestamp(timestamp: string | undefined | null, nowMs: number): Explanation {
  if (timestamp === undefined || timestamp === null) return { text: 'There is no time stamp.' }
  if (!/^\d{1,15}$/.test(timestamp)) return { text: 'The time stamp must be Unix seconds, in digits only.' }
  const now = Math.floor(nowMs / 1000)
  // As seconds this would be the year 5138.
  if (Number(timestamp) > 1e11)
    return { text: `The time stamp is in milliseconds. It must be in seconds; now is ${now}.` }
  const off = Number(timestamp) - now
  return {
    text:
      `The clock of the sender is ${span(Math.abs(off))} ${off < 0 ? 'behind' : 'ahead of'} this service's. Set it by ` +
      'network time. Or the request was signed long before it was sent: sign it again for each attempt.',
  }
}

function span(seconds: number): string {
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
  return `${Math.floor(seconds / 86_400)} days`
}
