import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { signedRequestGuesses } from '../src/explain/request.ts'
import { explainSignature, type Guess } from '../src/explain/signature.ts'
import { signInGuesses, subscriptionGuesses } from '../src/explain/subscription.ts'
import type { RunningApp } from '../src/state/running-app.ts'
import { startCommand } from './cli.ts'
import { connect, dial, type start } from './harness.ts'

const wrong = 'a'.repeat(64)
const size = 300_000

/** Texts of 300 KB that are dear to parse, to write again, or to search. */
const texts: Readonly<Record<string, string>> = {
  'nested arrays': `${'['.repeat(size / 2)}${']'.repeat(size / 2)}`,
  'nested objects': `${'{"a":'.repeat(size / 6)}1${'}'.repeat(size / 6)}`,
  'arrays, not too deep to write again': `${`${'['.repeat(2000)}${']'.repeat(2000)},`.repeat(75).replace(/^/, '[').slice(0, -1)}]`,
  'a nest that JSON.stringify indents quadratically': `${'['.repeat(4000)}${'1,'.repeat(size / 2 - 5000)}1${']'.repeat(4000)}`,
  'many keys': JSON.stringify(Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`key-${i}`, i]))),
  'one string': JSON.stringify({ user_id: 'x'.repeat(size) }),
  'line feeds': JSON.stringify({ user_id: '\n'.repeat(size / 3) }),
  spaces: `{"user_id":${' '.repeat(size)}"1"}`,
  'no JSON': '['.repeat(size),
  escapes: `"${'\\u0000'.repeat(size / 6)}"`,
}

/** An app with many connections and channels, that counts what it hashes. */
function crowdedApp() {
  const counts = { hashed: 0, tries: 0 }
  const ids = Array.from({ length: 5000 }, (_, i) => ({ socketId: `${i}.${i}` }))
  const app = {
    id: 'local',
    key: 'local-key',
    secret: 'local-secret',
    token: undefined,
    siblings: [],
    connections: { values: () => ids.values(), ended: () => ids.slice(0, 100).map(({ socketId }) => socketId) },
    channels: { occupied: () => ids.map(({ socketId }) => `private-${socketId}`) },
    verify(_signature: unknown, ...parts: readonly (string | Uint8Array)[]) {
      counts.tries += 1
      for (const part of parts) counts.hashed += part.length
      return false
    },
  }
  return { app: app as unknown as RunningApp, counts }
}

const explained = (app: RunningApp, stringToSign: string, guesses: Iterable<Guess>) =>
  explainSignature(app, { signature: wrong, stringToSign, guesses })

describe('an explanation of a large or odd text is bounded:', () => {
  test.each(Object.entries(texts))('%s', (_name, text) => {
    const { app, counts } = crowdedApp()
    explained(
      app,
      `1.1:private-a:${text}`,
      subscriptionGuesses({ app, socketId: '1.1', channel: 'private-a', data: text }),
    )
    explained(app, `1.1::user::${text}`, signInGuesses(app, '1.1', text))
    explained(app, `POST\n/\n1\n${text}`, signedRequestGuesses('/', '', '1', text))
    expect(counts.hashed).toBeLessThanOrEqual(3 * 1_048_576)
    expect(counts.tries).toBeLessThanOrEqual(1500)
  })

  test('a small text in a crowded app', () => {
    const { app, counts } = crowdedApp()
    const data = JSON.stringify({ user_id: 'x'.repeat(8000) })
    explained(app, `1.1:private-a:${data}`, subscriptionGuesses({ app, socketId: '1.1', channel: 'private-a', data }))
    expect(counts.hashed).toBeLessThanOrEqual(1_048_576)
  })

  test('the log entry of it is small', () => {
    const { app } = crowdedApp()
    for (const text of Object.values(texts)) {
      const explanation = explained(app, `1.1:private-a:${text}`, [])
      expect(JSON.stringify(explanation).length).toBeLessThan(20_000)
    }
  })
})

test('a service with 64 MB of heap survives every large frame and keeps serving', async () => {
  const child = startCommand(['--port', '0', '--json'], { NODE_OPTIONS: '--max-old-space-size=64' })
  const [first] = await once(child.stdout, 'data')
  child.stdout.resume()
  const { url } = JSON.parse(String(first))
  const service = { url } as Awaited<ReturnType<typeof start>>
  const frames = Object.values(texts).flatMap((text) => [
    ...['channel_data', 'user_data', 'auth', 'channel'].map((field) => ({
      event: 'pusher:subscribe',
      data: { channel: 'presence-a', auth: `local-key:${wrong}`, [field]: text },
    })),
    { event: text },
    { event: 'pusher:subscribe', data: text },
    { event: 'client-a', channel: 'private-a', data: text },
  ])
  const client = await connect(service)
  for (const frame of frames) {
    client.send(frame)
    await client.pending()
  }
  for (const text of Object.values(texts)) {
    const victim = dial(service)
    await victim.frame()
    victim.send({ event: 'pusher:signin', data: { auth: `local-key:${wrong}`, user_data: text } })
    expect(await victim.closed).toBe(4009)
  }
  expect(await client.pending()).toEqual([])
  expect(child.exitCode).toBe(null)
}, 60_000)
