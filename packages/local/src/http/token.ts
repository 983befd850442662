import { createHash, timingSafeEqual } from 'node:crypto'
import { explainUnknownApp } from '../explain/app.ts'
import { explainToken } from '../explain/token.ts'
import { isChannel } from '../names.ts'
import { parseBody } from './parse-body.ts'
import { dataString, publish } from './publish.ts'
import { appNotFound, Refusal, validationFailed } from './refusal.ts'
import type { Handler } from './router.ts'

/** The token protocol: `POST /api/trigger`. */
export const triggerByToken: Handler = ({ apps, seen, request }) => {
  const { headers, body } = request
  const { appId, channel, event, data } = parseBody(body)
  if (typeof appId !== 'string') throw validationFailed('appId must be text')
  const app = apps.byId.get(appId)
  if (app === undefined) throw appNotFound(() => explainUnknownApp(apps.byId, 'id'))
  seen.app = app
  if (!isToken(headers.token, app.token))
    throw new Refusal(403, 'Invalid token', {}, () => explainToken(app, headers.token))
  publish(app, [{ channels: [channel], event, data: dataString(data) }], isChannel)
  return { ok: true }
}

function isToken(given: unknown, expected: string | undefined): boolean {
  if (typeof given !== 'string' || expected === undefined) return false
  return timingSafeEqual(sha256(given), sha256(expected))
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
