import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { PingerchipsServer, sendServer } from '@pingerchips/core'
import { sendServer as walkerosSendServer } from '@walkeros/server-core'
import Pusher from 'pusher'
import { Pool } from 'undici'
import { interleaved, median } from './rounds.ts'

const credentials = { appId: '3', key: '278d425bdf160c739803', secret: '7ad3773142a6692b25b8' }
const event = ['private-user-alice', 'order-update', { status: 'shipped', order: 1234 }] as const
const body = JSON.stringify({ channel: event[0], event: event[1], data: event[2] })

interface Sender {
  readonly name: string
  /** Sends one event. */
  send(): Promise<unknown>
  close(): unknown
}

/** What one event costs, against the peers and against bare clients that send the bytes of one that was signed before. */
export async function benchTrigger(rounds: number, ms: number): Promise<void> {
  console.log(`\nTriggers: medians of ${rounds} rounds of ${ms} ms, taken in turn.`)
  for (const concurrency of [1, 64]) {
    const sink = await startSink()
    const senders = makeSenders(`http://127.0.0.1:${sink.port}`)
    console.log(`\n${concurrency} at once`.padEnd(42), 'events/s   CPU µs/event   ours is faster by')
    const results = await interleaved(
      senders.map(({ send }) => async () => {
        // Else each pays for what the one before it left behind.
        await keepBusy(send, concurrency, ms / 3)
        return keepBusy(send, concurrency, ms)
      }),
      rounds,
    )
    const rates = results.map((result) => result.map(({ rate }) => rate))
    for (const [index, { name, close }] of senders.entries()) {
      const versus = median((rates[0] ?? []).map((rate, round) => rate / (rates[index]?.[round] ?? Number.NaN)))
      console.log(
        name.padEnd(41),
        Math.round(median(rates[index] ?? []))
          .toLocaleString('en')
          .padStart(9),
        median((results[index] ?? []).map(({ cpu }) => cpu))
          .toFixed(1)
          .padStart(14),
        `${versus.toFixed(2)}`.padStart(19),
      )
      await close()
    }
    sink.child.disconnect()
  }
  await heap(200_000)
}

function makeSenders(origin: string): Sender[] {
  const { appId, key, secret } = credentials
  const ours = new PingerchipsServer(appId, secret, { appKey: key, endpoint: origin })
  const overPusher = new PingerchipsServer(appId, secret, { appKey: key, endpoint: origin, protocol: 'pusher' })
  const coalesced = new PingerchipsServer(appId, secret, {
    appKey: key,
    endpoint: origin,
    protocol: 'pusher',
    batch: {},
  })
  const { hostname: host, port } = new URL(origin)
  const keptAgent = new Agent({ keepAlive: true, maxSockets: 64 })
  const kept = new Pusher({ ...credentials, host, port, useTLS: false, agent: keptAgent })
  const plain = new Pusher({ ...credentials, host, port, useTLS: false })
  const bareAgent = new Agent({ keepAlive: true, maxSockets: 64 })
  const pool = new Pool(origin, { connections: 64, pipelining: 1 })
  const path = `/api/apps/${key}/trigger`
  const headers = {
    'content-type': 'application/json',
    'x-app-key': key,
    'idempotency-key': '3f1c2a5e-6b7d-4a8f-9c0e-1d2f3a4b5c6d',
    'x-timestamp': '1353088179',
    'x-signature': '58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4',
  }
  const nothing = () => {}
  return [
    { name: 'ours, signed protocol', send: () => ours.trigger(...event), close: () => ours.close() },
    { name: 'ours, pusher protocol', send: () => overPusher.trigger(...event), close: () => overPusher.close() },
    {
      name: 'ours, pusher protocol, coalesced',
      send: () => coalesced.trigger(...event),
      close: () => coalesced.close(),
    },
    { name: 'pusher, keep-alive agent', send: () => kept.trigger(...event), close: () => keptAgent.destroy() },
    { name: 'pusher', send: () => plain.trigger(...event), close: nothing },
    {
      name: 'ours, sendServer',
      send: () => sendServer(origin + path, body, { headers }),
      close: nothing,
    },
    {
      name: 'walkerOS, sendServer',
      send: () => walkerosSendServer(origin + path, body, { headers }),
      close: nothing,
    },
    {
      name: 'bare node:http, keep-alive',
      send: () => bareHttp(origin + path, bareAgent, headers),
      close: () => bareAgent.destroy(),
    },
    {
      name: 'bare undici Pool',
      send: async () => (await pool.request({ path, method: 'POST', headers, body })).body.text(),
      close: () => pool.close(),
    },
    {
      name: 'bare fetch',
      send: async () => (await fetch(origin + path, { method: 'POST', headers, body })).text(),
      close: nothing,
    },
  ]
}

function bareHttp(url: string, agent: Agent, headers: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    request(
      url,
      { method: 'POST', agent, headers: { ...headers, 'content-length': Buffer.byteLength(body) } },
      (answer) => {
        let text = ''
        answer
          .setEncoding('utf8')
          .on('data', (chunk) => {
            text += chunk
          })
          .on('end', () => resolve(text))
      },
    )
      .on('error', reject)
      .end(body)
  })
}

/** As long for each: the quick ones would be over before they are warm if all sent as many events. */
async function keepBusy(
  send: () => Promise<unknown>,
  concurrency: number,
  ms: number,
  events = Number.POSITIVE_INFINITY,
) {
  let sent = 0
  const startCpu = process.cpuUsage()
  const start = performance.now()
  const one = async () => {
    for (; sent < events && performance.now() - start < ms; sent++) await send()
  }
  await Promise.all(Array.from({ length: concurrency }, one))
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(startCpu)
  return { rate: sent / seconds, cpu: (user + system) / sent }
}

/** How much the heap has grown when many events have gone by. */
async function heap(events: number): Promise<void> {
  const sink = await startSink()
  const client = new PingerchipsServer(credentials.appId, credentials.secret, {
    appKey: credentials.key,
    endpoint: `http://127.0.0.1:${sink.port}`,
  })
  const send = () => client.trigger(...event)
  await keepBusy(send, 64, Number.POSITIVE_INFINITY, 20_000)
  const before = settledHeap()
  await keepBusy(send, 64, Number.POSITIVE_INFINITY, events)
  const grown = settledHeap() - before
  await client.close()
  sink.child.disconnect()
  console.log(`\nHeap after ${events.toLocaleString('en')} more events: ${(grown / 1024).toFixed(0)} KiB more.`)
}

function settledHeap(): number {
  // Only there with --expose-gc, which the script that starts this gives.
  for (let i = 0; i < 3; i++) globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

async function startSink(): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(fileURLToPath(new URL('sink.js', import.meta.url)))
  const [{ port }] = (await once(child, 'message')) as [AddressInfo]
  return { child, port }
}
