import { expect, test } from 'vitest'
import type { Reply } from '../app/harness.ts'
import { Connection } from '../http/connection.ts'
import { signedHeaders, webhooksPath, webhookText } from '../rows/valid-webhooks.ts'
import { overSocket, recordingWith, type Subject, useApp } from './opened-app.ts'

/** Webhooks that are sent again: each is handled once, unless the handler has failed. */
export function webhooks(subject: Subject): void {
  const app = useApp(subject, 'none', { timeout: 5000 })
  const webhook = (channel = 'a') => {
    const body = webhookText({ name: 'channel_occupied', channel })
    const headers = { 'content-type': 'application/json', ...signedHeaders(body) }
    return { method: 'POST', path: webhooksPath, headers, body: new TextEncoder().encode(body) }
  }
  const result = ({ status, body }: Reply) => [status, JSON.parse(body)]

  test('a webhook that was handled gets a 200 and is not handled again', async () => {
    const again = webhook()
    for (let n = 0; n < 3; n++) expect(result(await overSocket(app)(again))).toEqual([200, {}])
    expect((await app.running.takeRecording()).webhooks.length).toBe(1)
    expect(result(await overSocket(app)(webhook()))).toEqual([200, {}])
    expect((await app.running.takeRecording()).webhooks.length).toBe(1)
  })

  test('a webhook that is being handled gets a 503 with Retry-After', async () => {
    const again = webhook('held')
    const first = overSocket(app)(again)
    await recordingWith(app, ({ webhooks }) => webhooks.length === 1)
    const other = new Connection(app.running.port)
    const busy = await other.send(again)
    other.close()
    expect(result(busy)).toEqual([503, { error: 'This webhook is being handled' }])
    expect(busy.headers['retry-after']).toBe('1')
    await app.running.release()
    expect(result(await first)).toEqual([200, {}])
    expect((await app.running.takeRecording()).webhooks).toEqual([])
  })

  const failing = useApp(subject, 'none', { timeout: 5000 })
  test('a webhook whose handler has failed is handled again', async () => {
    const again = webhook('fails-until-released')
    for (let n = 0; n < 2; n++) expect((await overSocket(failing)(again)).status).toBe(500)
    await failing.running.release()
    for (let n = 0; n < 2; n++) expect(result(await overSocket(failing)(again))).toEqual([200, {}])
    const { webhooks, errors } = await failing.running.takeRecording()
    expect([webhooks.length, errors.length]).toEqual([3, 2])
  })
}
