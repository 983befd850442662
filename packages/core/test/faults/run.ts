import { once } from 'node:events'
import { createServer as createPlain, type Server } from 'node:net'
import { createServer as createTls } from 'node:tls'
import { inspect } from 'node:util'
import type { Hooks, PingerchipsError, PingerchipsServerOptions, TriggerOptions } from '@pingerchips/core'
import { makeIdentity } from '../certificates.ts'
import { type Fault, type Nowhere, nowhere, oneOf, playFrom, randomFrom } from './plan.ts'
import { type EventData, FaultServer, type Seen } from './server.ts'

export const canaries = { secret: 'canary-secret-7f1e', token: 'canary-token-77d0' }

/** As much of a client as is used here. */
export interface Client {
  trigger(channel: string, event: string, data: unknown, options?: TriggerOptions): Promise<void>
  close(): Promise<void>
}

export interface FaultRun {
  readonly seed: number
  /** It goes on until there were that many. */
  readonly faults: number
  readonly make: (options: PingerchipsServerOptions) => Client
  /** Whether {@link PingerchipsServerOptions.batch} and hooks can be had. */
  readonly hasAll: boolean
}

export interface Report {
  readonly events: number
  readonly faults: number
  readonly endings: Readonly<Record<Ending, number>>
  readonly played: Readonly<Partial<Record<Fault | Nowhere, number>>>
  /** What must not be. */
  readonly problems: readonly string[]
}

type Ending = 'delivered' | 'not_delivered' | 'unknown'

/** How many events are under way at once, and how many share a client: its budget of retries is soon used up. */
const atOnce = 128
const eventsPerClient = 32
const timeout = 1000

/** Sends events to a faulty server, and compares their outcomes with what the server applied. */
export async function runFaults({ seed, faults: wanted, make, hasAll }: FaultRun): Promise<Report> {
  const random = randomFrom(seed)
  const server = await FaultServer.start()
  const { endpoints, stop } = await startNowhere()
  const problems: string[] = []
  const endings = { delivered: 0, not_delivered: 0, unknown: 0 }
  const played: Partial<Record<Fault | Nowhere, number>> = {}
  const outcomes = new Map<number, { ending: Ending; twice: boolean; play: string }>()
  const hooks = canaryHooks(problems)
  const common = { appKey: 'k', token: canaries.token, timeout, deadline: 4000, ...(hasAll && { hooks }) }
  const lost = new Map(nowhere.map((place) => [place, make({ ...common, endpoint: endpoints[place] })]))
  let events = 0
  let missed = 0
  let underWay = 0
  let onRoom: (() => void) | undefined

  const send = async (client: Client, twice: boolean, place?: Nowhere) => {
    const data: EventData = { n: events++, play: playFrom(random) }
    underWay++
    let ending: Ending = 'delivered'
    try {
      await client.trigger('c', `event ${data.n}`, data, twice ? { delivery: 'at-least-once' } : {})
    } catch (thrown) {
      const error = thrown as PingerchipsError
      ending = error.outcome
      if (place !== undefined) {
        missed += error.attempts
        played[place] = (played[place] ?? 0) + error.attempts
      }
      problems.push(
        ...leaks(error, server.seen.get(data.n)?.signature ?? ''),
        ...shapeProblems(error, `event ${data.n}`),
      )
    }
    endings[ending]++
    if (outcomes.has(data.n)) problems.push(`event ${data.n} ended twice`)
    outcomes.set(data.n, { ending, twice, play: place ?? data.play.join(', ') })
    underWay--
    onRoom?.()
  }

  const clients = new Set<Promise<void>>()
  while (server.faults + missed < wanted) {
    const shares = hasAll && random() < 0.2
    const client = make({
      ...common,
      endpoint: server.url,
      ...(shares && { protocol: 'pusher', batch: { maxSize: 4 } }),
    })
    const twice = !shares && random() < 0.3
    const sent = Array.from({ length: eventsPerClient }, () => {
      const place = random() < 0.02 ? oneOf(nowhere, random) : undefined
      return send((place && lost.get(place)) ?? client, twice, place)
    })
    const closed = Promise.all(sent).then(() => client.close())
    clients.add(closed)
    void closed.then(() => clients.delete(closed))
    while (underWay > atOnce)
      await new Promise<void>((resolve) => {
        onRoom = resolve
      })
  }
  await Promise.all(clients)
  await Promise.all([...lost.values()].map((client) => client.close()))
  if (hasAll) await server.disconnected()

  for (const [n, { ending, twice, play }] of outcomes) {
    const problem = ledgerProblem(ending, twice, server.seen.get(n))
    if (problem !== undefined) problems.push(`event ${n} (${play}; ${twice ? 'twice is fine' : 'once'}): ${problem}`)
  }
  if (outcomes.size !== events) problems.push(`${events - outcomes.size} events never ended`)
  if (server.followed > 0) problems.push(`${server.followed} redirects were followed`)
  for (const [fault, times] of server.played) played[fault] = times
  const total = server.faults + missed
  await Promise.all([server.stop(), stop()])
  return { events, faults: total, endings, played, problems }
}

/** The contradiction between an event's outcome and what the server applied, if there is one. */
function ledgerProblem(ending: Ending, twice: boolean, seen: Seen | undefined): string | undefined {
  const applied = seen?.applied ?? 0
  if (ending === 'delivered' && applied === 0) return 'delivered, and never applied'
  if (ending === 'not_delivered' && applied > 0) return `not_delivered, and applied ${applied} times`
  if (applied > 1 && !twice) return `applied ${applied} times`
  if (seen === undefined) return undefined
  if (!seen.keptItsId || seen.id === '') return 'its id changed'
  // Where an event may arrive twice, another attempt may follow one whose response came too late.
  if (!twice && seen.undercut > 0) return `came ${seen.undercut} ms before its Retry-After`
  return undefined
}

/** What an error must have besides its outcome. */
function shapeProblems(error: PingerchipsError, event: string): string[] {
  const isWhole =
    error.name === 'PingerchipsError' &&
    error.channel === 'c' &&
    error.event === event &&
    (error.outcome === 'not_delivered' || error.outcome === 'unknown') &&
    error.attempts >= 1 &&
    error.attempts <= 3 &&
    /^Trigger failed: .*\. .*\.$/.test(error.message)
  return isWhole ? [] : [`an error is not whole: ${inspect(error)}`]
}

/** Secrets that a value shows. */
function leaks(value: unknown, signature: string): string[] {
  const texts = [
    inspect(value, { depth: 9, showHidden: true }),
    JSON.stringify(value),
    ...(value instanceof Error ? [value.message, value.stack ?? '', inspect(value.cause)] : []),
  ]
  const secrets = [...Object.values(canaries), signature]
  return secrets
    .filter((secret) => secret !== '' && texts.some((text) => text.includes(secret)))
    .map((secret) => `${secret} leaks`)
}

function canaryHooks(problems: string[]): Hooks {
  const look = (event: unknown) => {
    const text = JSON.stringify(event)
    for (const secret of Object.values(canaries)) if (text.includes(secret)) problems.push(`${secret} leaks to a hook`)
  }
  return { request: look, response: look, retry: look, error: look }
}

/** Endpoints where no request ever arrives. */
async function startNowhere(): Promise<{ endpoints: Record<Nowhere, string>; stop: () => Promise<unknown> }> {
  const { cert, key } = makeIdentity('untrusted')
  const plain = createPlain((socket) =>
    socket
      .on('error', () => {})
      .resume()
      .end('HTTP/1.1 400 Bad Request\r\n\r\n'),
  )
  const untrusted = createTls({ cert, key }, (socket) => socket.on('error', () => {}).resume())
  untrusted.on('tlsClientError', () => {})
  const ports = await Promise.all([plain, untrusted].map(listen))
  return {
    endpoints: {
      // Not the port of a closed server, which another process can be given. `fetch` refuses port 9.
      refused: 'http://127.0.0.1:2',
      'no TLS': `https://127.0.0.1:${ports[0]}`,
      untrusted: `https://127.0.0.1:${ports[1]}`,
      'unknown name': 'https://unknown.invalid',
    },
    stop: () => Promise.all([plain, untrusted].map((server) => once(server.close(), 'close'))),
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
}
