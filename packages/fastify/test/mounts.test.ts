import { PingerchipsServer } from '@pingerchips/core'
import Fastify from 'fastify'
import { afterEach, expect, test } from 'vitest'
import { oddPaths } from '../../core/test/odd-paths.ts'
import byDefault, { pingerchips } from '../src/index.ts'

const client = new PingerchipsServer('3', 'secret', { appKey: 'key' })
const join = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"socket_id":"1.1","channel_name":"private-a"}',
}

let app = Fastify()
afterEach(() => app.close())

test.each(oddPaths)('%s is not the endpoint', async (path) => {
  app = Fastify()
  app.register(pingerchips, { client, authorize: () => true })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  expect((await fetch(url + path, join)).status).toBe(404)
})

test('the default export is the plugin', async () => {
  app = Fastify()
  app.register(byDefault, { client, authorize: () => true })
  expect((await app.inject({ ...join, method: 'POST', url: '/pingerchips/auth' })).statusCode).toBe(200)
})

test('a property that other code uses is refused', async () => {
  app = Fastify()
  app.register(pingerchips, { client, authorize: () => true, property: 'user' })
  await expect(app.ready()).rejects.toThrow(/^options\.property must not be 'user'/)
})
