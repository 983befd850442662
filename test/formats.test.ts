import { createRequire } from 'node:module'
import * as esmCore from '@pingerchips/core'
import * as esmEndpoint from '@pingerchips/core/fetch'
import { describe, expect, test } from 'vitest'

const require = createRequire(import.meta.url)
const cjsCore = require('@pingerchips/core') as typeof esmCore
const cjsEndpoint = require('@pingerchips/core/fetch') as typeof esmEndpoint

const options = { appKey: 'key', endpoint: 'http://127.0.0.1:9', retries: 0 }
const request = () =>
  new Request('http://localhost/pingerchips/auth', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ socket_id: '1.1', channel_name: 'private-user-1' }),
  })

test('the two builds are two copies', () => {
  expect(cjsCore.PingerchipsServer).not.toBe(esmCore.PingerchipsServer)
})

describe.each([
  ['an ES module client in a CommonJS endpoint', esmCore, cjsEndpoint],
  ['a CommonJS client in an ES module endpoint', cjsCore, esmEndpoint],
])('%s', (_title, core, endpoint) => {
  test('signs, and its auth hook is called', async () => {
    const seen: unknown[] = []
    const client = new core.PingerchipsServer('1', 'secret', {
      ...options,
      hooks: { auth: (event) => seen.push(event) },
    })
    const response = await endpoint.fetchHandler({ client, authorize: () => true })(request())
    expect(await response.json()).toEqual({ auth: client.authenticate('1.1', 'private-user-1').auth })
    expect(seen).toHaveLength(1)
  })

  test('accepts the rules and the refusals of the other copy', async () => {
    const client = new core.PingerchipsServer('1', 'secret', options)
    const rules = core.channelRules<{ id: string }>()({
      'private-user-{id}': () => core.deny({ status: 401, error: 'token_expired' }),
    })
    const handler = endpoint.fetchHandler({ client, user: () => ({ id: '1' }), authorize: rules })
    const response = await handler(request())
    expect(response.status).toBe(401)
    expect(await response.json()).toEqual({ error: 'token_expired' })
  })

  test('rejects with errors that code identifies, and name PingerchipsError', async () => {
    const client = new core.PingerchipsServer('1', 'secret', options)
    await expect(client.trigger('a', 'b', 1)).rejects.toMatchObject({ name: 'PingerchipsError', code: 'network' })
    expect(() => client.authenticate('', 'a')).toThrow(expect.objectContaining({ code: 'invalid_argument' }))
  })
})
