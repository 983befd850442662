import { pingerchips } from '@pingerchips/fastify'
import { defaultApp } from '@pingerchips/local'
import express from 'express'
import fastify from 'fastify'
import pusherJsAuth from 'pusher-js-auth'
import { expect, onTestFinished, test } from 'vitest'
import { client, connect, outcome, service, startApp } from './app.ts'

// pusher-js-auth makes one batch of the channels that are subscribed within `authDelay`.
const channels = [...Array.from({ length: 39 }, (_, index) => `private-${index}`), 'private-other']
const expected = [...Array(39).fill('subscribed'), 'refused']

test.each([
  ['without a parser', undefined],
  ['behind express.urlencoded({ extended: true })', express.urlencoded({ extended: true })],
  ['behind express.urlencoded({ extended: false })', express.urlencoded({ extended: false })],
])('pusher-js-auth of npm works with Express %s', async (_, parser) => {
  const local = await service()
  const { endpoint, batches } = await startApp(...(parser === undefined ? [] : [parser]))
  const pusher = connect(local, { authorizer: pusherJsAuth, authEndpoint: endpoint, authDelay: 50 })
  expect(await Promise.all(channels.map((name) => outcome(pusher, name)))).toEqual(expected)
  expect(batches).toEqual([channels])
})

test('pusher-js-auth of npm works with Fastify', async () => {
  const local = await service()
  let users = 0
  const app = fastify({ forceCloseConnections: true })
  await app.register(pingerchips, {
    client: client(local),
    user: () => ({ id: String(++users) }),
    authorize: ({ channel }: { channel: string }) => !channel.endsWith('-other'),
  })
  onTestFinished(() => app.close())
  const origin = await app.listen({ port: 0, host: '127.0.0.1' })
  const pusher = connect(local, {
    authorizer: pusherJsAuth,
    authEndpoint: `${origin}/pingerchips/auth`,
    authDelay: 50,
  })
  expect(await Promise.all(channels.map((name) => outcome(pusher, name)))).toEqual(expected)
  expect(users).toBe(1)
  expect(pusher.key).toBe(defaultApp.key)
})
