import { Person, tryExample } from '@examples/demo'
import { createApp } from '@examples/express-passport'
import { PingerchipsServer } from '@pingerchips/core'
import { defaultApp, type LocalService, startLocal } from '@pingerchips/local'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Served, serve } from './serve.ts'

let service: LocalService
let client: PingerchipsServer
let app: Served
const people: Person[] = []

beforeAll(async () => {
  service = await startLocal()
  const { id, key, secret } = defaultApp
  client = new PingerchipsServer(id, secret, { appKey: key, endpoint: service.url, protocol: 'pusher' })
  app = await serve(createApp(client))
})
afterEach(() => {
  for (const person of people.splice(0)) person.leave()
})
afterAll(async () => {
  await app.close()
  await client.close()
  await service.close()
})

async function logIn(name: string): Promise<Person> {
  const person = await Person.logIn(name, app.url, defaultApp.key, service.port)
  people.push(person)
  return person
}

test('examples/express-passport works with the real pusher-js', async () => {
  expect(await tryExample({ name: 'express-passport', url: app.url }, defaultApp.key, service.port)).toMatch(
    /^alice joined .* mallory was refused \(403\)/,
  )
})

test('an event to a user reaches every connection of that user and no other', async () => {
  const [phone, laptop, bob] = [await logIn('alice'), await logIn('alice'), await logIn('bob')]
  const users = await Promise.all([phone, laptop, bob].map((person) => person.signIn()))
  expect(users.map((user) => user.user_data)).toEqual([
    { id: 'alice', user_info: { name: 'Alice' } },
    { id: 'alice', user_info: { name: 'Alice' } },
    { id: 'bob', user_info: { name: 'Bob' } },
  ])
  const heard: unknown[][] = users.map(() => [])
  for (const [index, user] of users.entries()) user.bind('order-update', (data: unknown) => heard[index]?.push(data))
  const done = Promise.all(users.map((user) => new Promise((resolve) => user.bind('done', resolve))))
  await phone.post('/orders/shipped', {})
  for (const id of ['alice', 'bob']) await client.sendToUser(id, 'done', {})
  await done
  expect(heard).toEqual([[{ status: 'shipped' }], [{ status: 'shipped' }], []])
})

test('an unauthenticated client is refused: at channels, sign-in, the route and the log-in', async () => {
  const post = async (path: string, body: object) => {
    const answer = await fetch(app.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return [answer.status, await answer.text()]
  }
  const unauthorized = [403, '{"error":"Unauthorized"}']
  expect(await post('/pingerchips/auth', { socket_id: '1.1', channel_name: 'presence-lobby' })).toEqual(unauthorized)
  expect(await post('/pingerchips/user-auth', { socket_id: '1.1' })).toEqual(unauthorized)
  expect(await post('/notify/alice', { text: 'hi' })).toEqual([401, '{"error":"Log in first"}'])
  expect(await post('/orders/shipped', {})).toEqual([401, '{"error":"Log in first"}'])
  expect(await post('/login', { name: 'unknown', password: 'demo' })).toEqual([401, 'Unauthorized'])
  expect(await post('/login', { name: 'alice' })).toEqual([400, 'Bad Request'])
})
