import { isChannel } from '../names.ts'
import { parseBody } from './parse-body.ts'
import { dataString, publish } from './publish.ts'
import { appNotFound, invalidSignature, validationFailed } from './refusal.ts'
import type { Handler } from './router.ts'
import { assertFresh } from './timestamp.ts'

/** The signed protocol: `POST /api/apps/{key}/trigger`. */
export const triggerSigned: Handler = ({ apps, now, seen, request }) => {
  const { path, params, headers, body } = request
  const app = apps.byKey.get(params.key ?? '')
  if (app === undefined) throw appNotFound()
  seen.app = app
  const timestamp = headers['x-timestamp']
  const isSigned = app.verify(headers['x-signature'], `POST\n${path}\n${timestamp}\n`, body)
  if (!isSigned || headers['x-app-key'] !== app.key) throw invalidSignature()
  assertFresh(typeof timestamp === 'string' ? timestamp : undefined, now())

  const fields = parseBody(body)
  const documented = ['channel', 'event', 'data']
  // The protocol fixes the order: a body that passes in another one here could fail at the service.
  if (Object.keys(fields).join() !== documented.join())
    throw validationFailed(`the body must hold ${documented.join(', ')}, in this order and nothing else`)
  publish(app, [{ channels: [fields.channel], event: fields.event, data: dataString(fields.data) }], isChannel)
  return { ok: true }
}
