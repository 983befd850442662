import { createHash, timingSafeEqual } from 'node:crypto'
import { explainToken, explainUnknownApp } from '../explain/credentials.ts'
import { signedRequestGuesses } from '../explain/request.ts'
import { explainSignature } from '../explain/signature.ts'
import { isChannel } from '../protocol/names.ts'
import { assertFresh, type Handler, parseBody } from './call.ts'
import { appNotFound, HttpError, invalidSignature, validationFailed } from './http-error.ts'
import { dataString, publish } from './publish.ts'

/** Signed protocol: `POST /api/apps/{key}/trigger`. */
export const triggerSigned: Handler = ({ apps, now, trace, request }) => {
  const { path, search, params, headers, body } = request
  const app = apps.byKey.get(params.key ?? '')
  if (app === undefined) throw appNotFound(() => explainUnknownApp(apps.byKey, 'key'))
  trace.app = app
  // Node joins the values of a repeated header with commas.
  const timestamp = headers['x-timestamp']?.toString()
  const head = `POST\n${path}\n${timestamp}\n`
  if (!app.verify(headers['x-signature'], head, body))
    throw invalidSignature(() => {
      const text = body.toString()
      const guesses = signedRequestGuesses(path, search, timestamp ?? '', text)
      return explainSignature(app, { signature: headers['x-signature'], stringToSign: `${head}${text}`, guesses })
    })
  if (headers['x-app-key'] !== app.key)
    throw invalidSignature(() => ({ text: `The header X-App-Key must be the key in the path, ${app.key}.` }))
  assertFresh(timestamp, now())

  const fields = parseBody(body)
  const documented = ['channel', 'event', 'data']
  // The protocol fixes the order: a body in another order could pass here and fail at the hosted service.
  if (Object.keys(fields).join() !== documented.join())
    throw validationFailed(`the body must hold ${documented.join(', ')}, in this order and nothing else`)
  publish(app, [{ channels: [fields.channel], event: fields.event, data: dataString(fields.data) }], isChannel)
  return { ok: true }
}

/** Token protocol: `POST /api/trigger`. */
export const triggerByToken: Handler = ({ apps, trace, request }) => {
  const { headers, body } = request
  const { appId, channel, event, data } = parseBody(body)
  if (typeof appId !== 'string') throw validationFailed('appId must be text')
  const app = apps.byId.get(appId)
  if (app === undefined) throw appNotFound(() => explainUnknownApp(apps.byId, 'id'))
  trace.app = app
  if (!isToken(headers.token, app.token))
    throw new HttpError(403, 'Invalid token', {}, () => explainToken(app, headers.token))
  publish(app, [{ channels: [channel], event, data: dataString(data) }], isChannel)
  return { ok: true }
}

function isToken(received: unknown, expected: string | undefined): boolean {
  if (typeof received !== 'string' || expected === undefined) return false
  return timingSafeEqual(sha256(received), sha256(expected))
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
