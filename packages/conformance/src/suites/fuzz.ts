import assert from 'node:assert/strict'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { test } from 'vitest'
import { fuzzedEvents, malformedHttp } from '../http/malformed-http.ts'
import { type RawConnection, sendRaw } from '../http/send-raw.ts'
import { sign } from '../rows/expectations.ts'
import { check, validRow } from './check-row.ts'
import { type OpenedApp, overSocket, type Subject, useApp } from './opened-app.ts'

/** Malformed connections to each framework's server. `npm run test:all` and `npm run fuzz` send more. */
const fuzzRuns = Number(process.env.FUZZ ?? 500)
const fuzzSeed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31))
/** Connections are generated a batch at a time, each batch from a seed of its own. */
const batchSize = 1_000
/** Bytes. The app remembers up to some 20 MB of webhooks; nothing else may stay. */
const maxGrowth = 40 * 2 ** 20

/** Malformed HTTP: the server lives, responds or closes, and signs and handles only valid requests. */
export function fuzz(subject: Subject): void {
  const runs = subject.isMinimumVersion ? Math.ceil(fuzzRuns / 10) : fuzzRuns
  const app = useApp(subject, 'none')

  test(
    `${runs.toLocaleString('en')} malformed connections (FUZZ_SEED=${fuzzSeed})`,
    async () => {
      const statuses: Record<string, number> = {}
      let before: number | undefined
      for (let done = 0; done < runs; done += batchSize) {
        // The first batch fills caches and compiles. Another process has a heap of its own.
        if (done === batchSize && !subject.isRemote) before = heapUsed()
        await batch(app, fuzzSeed + done / batchSize, Math.min(batchSize, runs - done), statuses)
      }
      const grown = before === undefined ? undefined : heapUsed() - before
      assert.ok(grown === undefined || grown < maxGrowth, `the heap has grown by ${grown} bytes`)
      // Calls for clients that have left may still run: the recording is not of this request alone.
      const { authorize: _authorize, ...expectation } = validRow.expect
      await check(app, validRow, overSocket(app), { ...expectation, errors: 'any' })
      // Otherwise the fuzzer would test Node's parser only.
      const served = (statuses[200] ?? 0) + (statuses[403] ?? 0)
      assert.ok(runs < batchSize || served > runs / 50, `${served} requests were well-formed`)
    },
    60_000 + runs * 20,
  )
}

async function batch(app: OpenedApp, seed: number, numRuns: number, statuses: Record<string, number>): Promise<void> {
  const connections = fc.sample(malformedHttp, { numRuns, seed }).entries()
  const worker = async () => {
    for (const [index, connection] of connections) {
      const which = `connection ${index} of FUZZ_SEED=${seed}`
      const reply = await sendRaw(app.running.port, connection).catch((error: Error) => {
        throw new Error(`${error.message} ${which}: ${JSON.stringify(connection)}`)
      })
      for (const [, auth = '', userData] of reply.matchAll(/"auth":"([^"]*)"(?:,"user_data":("(?:[^"\\]|\\.)*"))?/g))
        assert.ok(maySign(connection, auth, userData), `signed by ${which}: ${JSON.stringify(connection)}`)
      assert.ok(!reply.includes('canary'), `the response shows an error of the app: ${which}`)
      for (const [, status = ''] of reply.matchAll(/HTTP\/1\.1 (\d{3}) /g))
        statuses[status] = (statuses[status] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: 32 }, worker))
  for (const events of (await app.running.takeRecording()).webhooks)
    assert.deepEqual(events, fuzzedEvents, `an unsigned webhook was handled: FUZZ_SEED=${seed}`)
}

/**
 * Whether a signature is allowed: a malformed connection may contain a valid request to subscribe to the one channel that
 * the fuzzer knows, or to sign in, with a socket id that it has sent.
 */
function maySign({ pieces }: RawConnection, auth: string, userData: string | undefined): boolean {
  const rest = userData === undefined ? ':private-true' : `::user::${JSON.parse(userData)}`
  // A socket id at a body's end runs into the next request.
  for (const [word] of pieces.join('').matchAll(/[A-Za-z0-9._-]+/g))
    for (let length = 1; length <= Math.min(word.length, 64); length++)
      if (sign(word.slice(0, length) + rest) === auth) return true
  return false
}

/** Bytes, without the garbage. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed
}
