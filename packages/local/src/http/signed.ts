import { explainUnknownApp } from '../explain/app.ts'
import { signedRequestGuesses } from '../explain/request.ts'
import { explainSignature } from '../explain/signature.ts'
import { isChannel } from '../names.ts'
import { parseBody } from './parse-body.ts'
import { dataString, publish } from './publish.ts'
import { appNotFound, invalidSignature, validationFailed } from './refusal.ts'
import type { Handler } from './router.ts'
import { assertFresh } from './timestamp.ts'

/** The signed protocol: `POST /api/apps/{key}/trigger`. */
export const triggerSigned: Handler = ({ apps, now, seen, request }) => {
  const { path, search, params, headers, body } = request
  const app = apps.byKey.get(params.key ?? '')
  if (app === undefined) throw appNotFound(() => explainUnknownApp(apps.byKey, 'key'))
  seen.app = app
  // A header that is there twice arrives as one, with commas.
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
  // The protocol fixes the order: a body that passes in another one here could fail at the service.
  if (Object.keys(fields).join() !== documented.join())
    throw validationFailed(`the body must hold ${documented.join(', ')}, in this order and nothing else`)
  publish(app, [{ channels: [fields.channel], event: fields.event, data: dataString(fields.data) }], isChannel)
  return { ok: true }
}
