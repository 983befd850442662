/**
 * What the server does to a request: whether it applies the event, which its answer alone does not tell, and whether it
 * costs the connection, or time.
 */
export const faults = {
  ok: { applies: true, kind: 'answer' },
  'reset before': { applies: false, kind: 'break' },
  'reset after': { applies: true, kind: 'break' },
  'close before': { applies: false, kind: 'break' },
  'close after': { applies: true, kind: 'break' },
  'half a head': { applies: true, kind: 'break' },
  'half a body': { applies: true, kind: 'break' },
  'half a chunk': { applies: true, kind: 'break' },
  'length too long': { applies: true, kind: 'slow' },
  'length too short': { applies: true, kind: 'break' },
  'two lengths': { applies: true, kind: 'break' },
  '429': { applies: false, kind: 'answer' },
  '429, at once': { applies: false, kind: 'answer' },
  '429, in a second': { applies: false, kind: 'slow' },
  '429, by date': { applies: false, kind: 'slow' },
  '503': { applies: false, kind: 'answer' },
  '503, in a second': { applies: false, kind: 'slow' },
  '503, by date': { applies: false, kind: 'slow' },
  '503, in an hour': { applies: false, kind: 'answer' },
  '502': { applies: false, kind: 'answer' },
  '504': { applies: false, kind: 'answer' },
  '500 before': { applies: false, kind: 'answer' },
  '500 after': { applies: true, kind: 'answer' },
  '422': { applies: false, kind: 'answer' },
  '403': { applies: false, kind: 'answer' },
  'hang before': { applies: false, kind: 'slow' },
  'hang after': { applies: true, kind: 'slow' },
  'slow drip': { applies: true, kind: 'slow' },
  'endless body': { applies: true, kind: 'break' },
  redirect: { applies: false, kind: 'answer' },
  'gzip bomb': { applies: true, kind: 'answer' },
  'not HTTP': { applies: false, kind: 'break' },
  'an early hint': { applies: true, kind: 'answer' },
} as const satisfies Record<string, { readonly applies: boolean; readonly kind: 'answer' | 'break' | 'slow' }>

export type Fault = keyof typeof faults

/** Where an event is sent that never gets as far as the server. */
export const nowhere = ['refused', 'no TLS', 'untrusted', 'unknown name'] as const
export type Nowhere = (typeof nowhere)[number]

const answers = namesOf('answer').filter((fault) => fault !== 'ok')
const breaks = namesOf('break')
const slow = namesOf('slow')

/** One event's way: what befalls its first, second and third attempt. */
export type Play = readonly Fault[]

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A first fault in any case, and as often as not another one after it. */
export function playFrom(random: () => number): Play {
  const play = [faultFrom(random)]
  while (play.length < 3 && random() < 0.5) play.push(faultFrom(random))
  return play
}

function faultFrom(random: () => number): Fault {
  const kind = random()
  if (kind < 0.03) return oneOf(slow, random)
  return oneOf(kind < 0.4 ? breaks : answers, random)
}

export function oneOf<T>(items: readonly T[], random: () => number): T {
  const item = items[Math.floor(random() * items.length)]
  if (item === undefined) throw new RangeError('nothing to choose from')
  return item
}

function namesOf(kind: string): Fault[] {
  return (Object.keys(faults) as Fault[]).filter((fault) => faults[fault].kind === kind)
}
