import { describe, expect, test } from 'vitest'
import { LogHistory } from '../src/console/server/history.ts'
import { Sample } from '../src/console/server/sample.ts'
import type { LogEntry } from '../src/index.ts'
import { Log } from '../src/state/log.ts'

describe('the history of the log', () => {
  test('is limited in size, and sent in messages of a limited size', () => {
    const log = new Log(() => 0)
    const history = new LogHistory(log)
    history.start()
    for (let n = 0; n < 700; n += 1)
      log.write('local', () => ({
        type: 'event',
        channels: ['a'],
        event: String(n),
        data: 'x'.repeat(60_000),
        receivers: 0,
      }))
    const messages = [...history.messages()]
    const sizes = messages.map((entries) => JSON.stringify(entries).length)
    expect(Math.max(...sizes)).toBeLessThan(600_000)
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(32 * 1024 * 1024)
    const events = messages.flat()
    expect(events.length).toBeGreaterThan(500)
    expect(events.at(-1)).toMatchObject({ event: '699' })
  })
})

describe('the sample of the log', () => {
  const stamp = { at: 0, app: 'local' }
  const event = (channel: string, data = ''): LogEntry => ({
    ...stamp,
    type: 'event',
    channels: [channel],
    event: 'e',
    data,
    receivers: 1,
  })
  const refused: LogEntry = {
    ...stamp,
    type: 'subscription_refused',
    socketId: '1.1',
    channel: 'private-a',
    kind: 'private',
    reason: 'r',
  }

  test('contains every entry of a calm time, in order', () => {
    const sample = new Sample(() => 0)
    const entries = [event('a'), refused, event('b')]
    for (const entry of entries) sample.add(entry)
    expect(sample.take()).toEqual({
      type: 'batch',
      counts: [{ app: 'local', counts: { event: 2, subscription_refused: 1 } }],
      entries,
      leftOut: 0,
    })
    expect(sample.take()).toEqual({ type: 'batch', counts: [], entries: [], leftOut: 0 })
  })

  test('is limited under load, counts the rest, and prefers refusals and the channel in focus', () => {
    let now = 0
    const sample = new Sample(() => now)
    sample.focus = 'mine'
    const flood = () => {
      for (let i = 0; i < 10_000; i++) sample.add(event('other'))
      sample.add(refused)
      sample.add(event('is-mine'))
    }
    flood()
    const first = sample.take()
    expect(first.counts).toEqual([{ app: 'local', counts: { event: 10_001, subscription_refused: 1 } }])
    expect(first.entries).toHaveLength(200)
    expect(first.leftOut).toBe(10_002 - 200)
    expect(first.entries.slice(-2)).toEqual([refused, event('is-mine')])

    now += 100
    flood()
    const second = sample.take()
    expect(second.entries).toHaveLength(5)
    expect(second.entries.slice(-2)).toEqual([refused, event('is-mine')])

    now += 60_000
    flood()
    expect(sample.take().entries).toHaveLength(200)
  })

  test('is limited in size', () => {
    const sample = new Sample(() => 0)
    for (let i = 0; i < 50; i++) sample.add(event('a', 'x'.repeat(65_000)))
    const { entries, leftOut } = sample.take()
    expect([entries.length, leftOut]).toEqual([8, 42])
  })
})
