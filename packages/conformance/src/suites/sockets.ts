import { once } from 'node:events'
import type { Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { form, json } from '../rows/requests.ts'
import { signedHeaders, webhooksPath, webhookText } from '../rows/valid-webhooks.ts'
import { check, defaultPath, validRow } from './check-row.ts'
import { headOf, type OpenedApp, openSocket, overSocket, recordingWith, type Subject, useApp } from './opened-app.ts'

/** Bytes that only a client writes that breaks HTTP's rules. After each, the app still serves. */
export function sockets(subject: Subject): void {
  const app = useApp(subject, 'none', { timeout: 5000 })
  afterEach(async () => {
    expect(await app.running.takeRecording()).toMatchObject({ authorizeCalls: [], errors: [], webhooks: [] })
    await check(app, validRow, overSocket(app), validRow.expect)
  })

  describe.each([
    [json, '{"socket_id":"1.1","channel_name":"private-true"}'],
    [form, 'socket_id=1.1&channel_name=private-true'],
  ])('%s', (type, body) => {
    bodyLengths(app, type, body)
    leavingClients(app, type, body)
  })
  doubledHeaders(app)

  // On Workers the request ends with its client.
  if (subject.isWorker) return
  test('authorize throws after the client has left: the error is reported', async () => {
    const socket = await openSocket(app.running.port)
    const body = '{"socket_id":"1.1","channel_name":"private-throws-released"}'
    await write(socket, headOf(defaultPath, json, [`Content-Length: ${body.length}`]) + body)
    await recordingWith(app, ({ authorizeCalls }) => authorizeCalls.length === 1)
    socket.destroy()
    await once(socket, 'close')
    await app.running.release()
    await recordingWith(app, ({ errors }) => errors.length === 1)
  })
}

function bodyLengths(app: OpenedApp, type: string, body: string): void {
  const whole = `Content-Length: ${body.length}`

  test('an endless body gets a 413 while it is still being sent', async () => {
    const socket = await openSocket(app.running.port)
    socket.write(headOf(defaultPath, type, ['Transfer-Encoding: chunked']))
    const piece = `4000\r\n${'x'.repeat(0x4000)}\r\n`
    const feed = () => {
      while (socket.writable && socket.write(piece));
    }
    socket.on('drain', feed)
    feed()
    const status = await firstStatus(socket)
    // On Workers a connection that is closed while the client sends may lose the response.
    if (!(app.isWorker && status === 'closed')) expect(status).toBe(413)
    socket.destroy()
  })
  test('a Content-Length over the limit gets a 413 before the body is sent', async () => {
    expect(await statusOf(app, headOf(defaultPath, type, ['Content-Length: 20000']))).toBe(413)
  })
  test.each([
    ['shorter than the body', [`Content-Length: ${body.length - 20}`]],
    ['sent twice', [whole, whole.replace(/\d+/, '5')]],
    ['beside chunks', [whole, 'Transfer-Encoding: chunked']],
    ['below zero', ['Content-Length: -1']],
    ['in hexadecimal', ['Content-Length: 0x31']],
  ])('a Content-Length %s gets a 400', async (_name, lengths) => {
    expect(await statusOf(app, headOf(defaultPath, type, lengths) + body)).toBe(400)
  })
  test('two Content-Type headers get a 415', async () => {
    expect(await statusOf(app, headOf(defaultPath, type, ['Content-Type: text/plain', whole]) + body)).toBe(415)
    expect(await statusOf(app, headOf(defaultPath, 'text/plain', [`Content-Type: ${type}`, whole]) + body)).toBe(415)
  })
}

function leavingClients(app: OpenedApp, type: string, body: string): void {
  const whole = `Content-Length: ${body.length}`

  test('a client that closes in the middle of the body does not disturb the app', async () => {
    const socket = await openSocket(app.running.port)
    await write(socket, headOf(defaultPath, type, [whole]) + body.slice(0, 9))
    socket.destroy()
    await once(socket, 'close')
  })
  test('the server closes when a client half-closes in the middle of the body', async () => {
    const socket = await openSocket(app.running.port)
    const closed = new Promise((resolve) => socket.on('close', resolve))
    socket.resume().end(headOf(defaultPath, type, [whole]) + body.slice(0, 9))
    await closed
  })
}

function doubledHeaders(app: OpenedApp): void {
  test('a webhook with two signatures is not handled', async () => {
    const body = webhookText({ name: 'channel_occupied', channel: 'a' })
    const lines = Object.entries(signedHeaders(body)).map(([name, value]) => `${name}: ${value}`)
    const text = headOf(webhooksPath, json, [...lines, ...lines, `Content-Length: ${body.length}`]) + body
    expect(await statusOf(app, text)).toBe(401)
    expect(await app.running.takeRecording()).toMatchObject({ webhooks: [] })
  })

  test('user reads both values of a doubled header', async () => {
    expect(await headersOfUser(app, 'Authorization: Bearer a', 'Authorization: Bearer b')).toMatchObject({
      authorization: 'Bearer a, Bearer b',
    })
  })

  // RFC 6265, section 5.4; RFC 9113, section 8.2.3. With a comma, the last cookie of a field would run into the next.
  test('user reads doubled Cookie headers joined by a semicolon', async () => {
    expect(await headersOfUser(app, 'Cookie: a=1', 'Cookie: b=2')).toMatchObject({ cookie: 'a=1; b=2' })
  })
}

/** The headers that `user` reads of a request that is denied. */
async function headersOfUser(app: OpenedApp, ...headers: string[]): Promise<object> {
  const socket = await openSocket(app.running.port)
  const body = '{"socket_id":"1.1","channel_name":"private-user-bob"}'
  socket.write(headOf(defaultPath, json, [...headers, `Content-Length: ${body.length}`]) + body)
  expect(await firstStatus(socket)).toBe(403)
  socket.destroy()
  return (await app.running.takeRecording()).headers
}

/** The status of the first response to these bytes. */
async function statusOf(app: OpenedApp, text: string): Promise<number | 'closed'> {
  const socket = await openSocket(app.running.port)
  socket.write(text)
  const status = await firstStatus(socket)
  socket.destroy()
  return status
}

function firstStatus(socket: Socket): Promise<number | 'closed'> {
  return new Promise((resolve) => {
    socket.once('data', (data) => resolve(Number(/^HTTP\/1\.1 (\d+) /.exec(data.toString())?.[1])))
    socket.once('close', () => resolve('closed'))
  })
}

const write = (socket: Socket, text: string) => new Promise<void>((resolve) => socket.write(text, () => resolve()))
