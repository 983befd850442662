import type { Explanation } from '../log/entry.ts'
import type { RunningApp } from '../running-app.ts'

/** Why no app was found. What was asked for is not shown: it may be a secret that was put in its place. */
export function explainUnknownApp(apps: ReadonlyMap<string, RunningApp>, by: 'id' | 'key'): Explanation {
  const known = [...apps.keys()].join(', ')
  const setting = by === 'id' ? 'PINGERCHIPS_APP_ID' : 'PINGERCHIPS_APP_KEY'
  return { text: `No app here has this ${by}; there is ${known}. Check ${setting} and what the client is given.` }
}
