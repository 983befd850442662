import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import * as noble from '../src/crypto/noble.ts'
import * as node from '../src/crypto/node.ts'
import { signedPusherQuery } from '../src/signing/api-request.ts'
import wycheproof from './vectors/hmac_sha256_test.json' with { type: 'json' }
import { vectors } from './vectors/primitives.ts'

test('all 174 Wycheproof vectors run', () => {
  const ours = vectors.filter(({ name }) => name.startsWith('Wycheproof'))
  expect([ours.length, wycheproof.numberOfTests]).toEqual([174, 174])
})

test('both files export the same functions', () => {
  expect(Object.keys(noble).sort()).toEqual(Object.keys(node).sort())
})

describe.each([
  ['node:crypto', node],
  ['@noble/hashes', noble],
])('%s', (_, primitives) => {
  test.each(vectors)('$name', ({ actual, expected, isWrong }) => {
    if (isWrong) expect(actual(primitives)).not.toBe(expected)
    else expect(actual(primitives)).toBe(expected)
  })

  test('signs texts of every length from 0 to 400 and long ones as createHmac does', () => {
    const key = 'k'.repeat(100)
    const ours = primitives.hmacSha256(key)
    for (const character of ['a', '\x7f', '\x80', 'ü', '☃', '😀', '\ud800'])
      for (const length of [
        ...Array.from({ length: 400 }, (_, length) => length),
        511,
        512,
        1023,
        1024,
        1025,
        5000,
        1,
      ]) {
        const text = character.repeat(length)
        expect(ours(text)).toBe(createHmac('sha256', key).update(text).digest('hex'))
        expect(ours(Buffer.from(text))).toBe(createHmac('sha256', key).update(Buffer.from(text)).digest('hex'))
      }
  })

  test('takes secrets of 1 to 130 bytes', () => {
    for (let length = 1; length <= 130; length++) {
      const key = 'k'.repeat(length)
      expect(primitives.hmacSha256(key)('text')).toBe(createHmac('sha256', key).update('text').digest('hex'))
    }
  })

  test.each([
    ['md5', '5d41402abc4b2a76b9719d911017c592'],
    ['sha1', 'aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d'],
    ['sha256', '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824'],
    ['sha384', '59e1748777448c69de6b800d7a33bbfb9ff1b463e44354c3553bcdb9c666fa90125a3c79f90397bdf5f6a13de828684f'],
  ] as const)('%s of a text', async (algorithm, expected) => {
    expect(await primitives.hashHex(algorithm, 'hello')).toBe(expected)
  })

  test('keeps a copy of the secret bytes', () => {
    const secret = new TextEncoder().encode('secret')
    const hmac = primitives.hmacSha256(secret)
    const before = hmac('a')
    secret.fill(0)
    expect(hmac('a')).toBe(before)
  })
})

test('does not leave the secret in the pool that small buffers share', () => {
  const secret = 'canary-2e71b0'
  node.hmacSha256(secret)('x'.repeat(400))
  const pool = new TextDecoder('latin1').decode(Buffer.from('x').buffer)
  const padded = String.fromCharCode(...Array.from(secret, (character) => character.charCodeAt(0) ^ 0x36))
  expect([pool.includes(secret), pool.includes(padded)]).toEqual([false, false])
})

test('signs the published REST event', () => {
  const body = '{"name":"foo","channels":["project-3"],"data":"{\\"some\\":\\"data\\"}"}'
  const hmac = node.hmacSha256('7ad3773142a6692b25b8')
  expect(signedPusherQuery(hmac, '278d425bdf160c739803', 'POST', '/apps/3/events', 1_353_088_179, body)).toBe(
    'auth_key=278d425bdf160c739803&auth_timestamp=1353088179&auth_version=1.0&body_md5=ec365a775a4cd0599faeb73354201b6f' +
      '&auth_signature=da454824c97ba181a32ccc17a72625ba02771f50b50e1e7430e47a1f3f457e6c',
  )
})

test('signs a query sorted and unescaped, and sends it escaped', () => {
  const hmac = node.hmacSha256('7ad3773142a6692b25b8')
  const query = signedPusherQuery(hmac, 'key', 'GET', '/apps/3/channels', 1, undefined, {
    info: 'user_count',
    filter_by_prefix: 'a=;b',
  })
  const sorted = 'auth_key=key&auth_timestamp=1&auth_version=1.0&filter_by_prefix=a=;b&info=user_count'
  expect(query).toBe(`${sorted.replace('a=;b', 'a%3D%3Bb')}&auth_signature=${hmac(`GET\n/apps/3/channels\n${sorted}`)}`)
})
