import { channelName } from '@pingerchips/core'
import { describe, expect, test } from 'vitest'

describe('channelName()', () => {
  test('returns the name that the pattern makes of the parameters', () => {
    expect(channelName('private-user-{id}', { id: 'alice' })).toBe('private-user-alice')
    expect(channelName('private-order-{orderId}-item-{itemId}', { orderId: 7, itemId: '8-item-9' })).toBe(
      'private-order-7-item-8-item-9',
    )
    expect(channelName('private-user-{id}', { id: 'x'.repeat(187) })).toHaveLength(200)
    expect(channelName('presence-lobby')).toBe('presence-lobby')
    expect(channelName('news-{topic}', { topic: 'x' })).toBe('news-x')
  })

  const secret = 'canary:1'
  test.each<[pattern: string, params: unknown, message: RegExp]>([
    ['private-user-{id}', { id: '' }, /^params\.id must be a string of/],
    ['private-user-{id}', { id: secret }, /^params\.id .* \(received other characters\)\.$/],
    ['private-user-{id}', { id: '1\n' }, /^params\.id/],
    ['private-user-{id}', { id: 'ａ' }, /^params\.id/],
    ['private-user-{id}', { id: null }, /received null/],
    ['private-user-{id}', { id: Number.NaN }, /^params\.id/],
    ['private-user-{id}', { id: 1.5 }, /^params\.id/],
    ['private-user-{id}', {}, /received undefined/],
    ['private-user-{id}', undefined, /received undefined/],
    [
      'private-user-{id}',
      { id: '1', name: 'x' },
      /^params has the unknown parameter 'name'\. Parameters of the pattern: id\.$/,
    ],
    ['private-lobby', { id: '1' }, /Parameters of the pattern: none/],
    [
      'private-user-{id}',
      { id: 'x'.repeat(188) },
      /^params makes a channel name of 201 characters\. The limit is 200\.$/,
    ],
    ['private-{id', {}, /^pattern matches no channel/],
    ['private-{a}-x-{b}', { a: '1-x-2', b: '3' }, /^params\.a makes a name from which/],
    ['private-{room}', { room: 'encrypted-1' }, /changes the prefix/],
    ['{tenant}-news', { tenant: 'private-x' }, /changes the prefix/],
  ])('%s, %j', (pattern, params, message) => {
    const make = () => channelName(pattern as string, params as never)
    expect(make).toThrow(message)
    expect(make).toThrow(TypeError)
    expect(make).not.toThrow(secret)
  })
})
