const { createServer } = require('node:http')
const express = require('express')
const { PingerchipsServer } = require('@pingerchips/core')
const { pingerchips } = require('@pingerchips/express')
const { fakeRequest, startLocal } = require('@pingerchips/local/testing')

test('every package can be required', () => {
  for (const name of process.env.PINGERCHIPS_ENTRIES.split(' ')) expect(Object.keys(require(name))).not.toHaveLength(0)
})

test('an Express app signs and triggers, also to an encrypted channel', async () => {
  const service = await startLocal()
  const client = PingerchipsServer.fromEnv(
    { ...service.env },
    { protocol: 'pusher', encryptionMasterKey: Buffer.alloc(32, 1).toString('base64') },
  )
  const app = express().use(pingerchips({ client, authorize: ({ channel }) => channel === 'private-orders' }))
  const server = createServer(app).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  try {
    const { method, url, headers, body } = fakeRequest.auth({ channel: 'private-orders', socketId: '1.1' })
    const response = await fetch(`http://127.0.0.1:${server.address().port}${url}`, { method, headers, body })
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual(client.authenticate('1.1', 'private-orders'))
    await client.trigger('private-orders', 'shipped', { id: 1 }, { signal: AbortSignal.timeout(10_000) })
    await client.trigger('private-encrypted-orders', 'shipped', { id: 2 })
    expect(await service.triggered('private-orders', 'shipped')).toMatchObject({ data: { id: 1 } })
  } finally {
    server.close()
    await client.close()
    await service.close()
  }
})

test('a token is verified', async () => {
  const { createHmac } = require('node:crypto')
  const { jwtUser } = require('@pingerchips/jwt')
  const secret = 'a secret of at least thirty-two bytes'
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: 'login', aud: 'chat', sub: 'ada', iat: now, exp: now + 60 }
  const [head, payload] = [{ alg: 'HS256', typ: 'JWT' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  )
  const signature = createHmac('sha256', secret).update(`${head}.${payload}`).digest('base64url')
  const user = jwtUser({ secret, algorithms: ['HS256'], issuer: 'login', audience: 'chat' })
  const header = (name) => (name === 'authorization' ? `Bearer ${head}.${payload}.${signature}` : undefined)
  expect(await user({}, { header })).toMatchObject({ sub: 'ada' })
})
