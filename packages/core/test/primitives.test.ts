import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { hmacSha256 as script } from '../src/crypto/hmac-script.ts'
import * as noble from '../src/crypto/noble.ts'
import * as native from '../src/crypto/node.ts'
import * as node from '../src/crypto/node-all.ts'
import { signedPusherQuery } from '../src/signing/api-request.ts'
import wycheproof from './vectors/hmac_sha256_test.json' with { type: 'json' }
import { vectors } from './vectors/primitives.ts'

test('of Wycheproof all are there', () => {
  const ours = vectors.filter(({ name }) => name.startsWith('Wycheproof'))
  expect([ours.length, wycheproof.numberOfTests]).toEqual([174, 174])
})

test.each([native, noble])('all have the same functions', (primitives) => {
  expect(Object.keys(primitives).sort()).toEqual(Object.keys(node).sort())
})

describe.each([
  ['on Node', node],
  ['on Workers', native],
  ['without node:crypto', noble],
])('%s', (_, primitives) => {
  test.each(vectors)('$name', ({ actual, expected, isWrong }) => {
    if (isWrong) expect(actual(primitives)).not.toBe(expected)
    else expect(actual(primitives)).toBe(expected)
  })

  test('texts of any length, one after another, over the room that is kept for short ones', () => {
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

  test('secrets of any length', () => {
    for (let length = 1; length <= 130; length++) {
      const key = 'k'.repeat(length)
      expect(primitives.hmacSha256(key)('text')).toBe(createHmac('sha256', key).update('text').digest('hex'))
    }
  })

  test('the caller may use its bytes again', () => {
    const secret = new TextEncoder().encode('secret')
    const hmac = primitives.hmacSha256(secret)
    const before = hmac('a')
    secret.fill(0)
    expect(hmac('a')).toBe(before)
  })
})

test('what JavaScript signs alone, of any length', () => {
  for (const secret of ['k', 'k'.repeat(65), new Uint8Array(200).fill(255)]) {
    const ours = script(secret)
    const texts = Array.from({ length: 600 }, (_, length) => 'a'.repeat(length))
    for (const text of [...texts, 'é', 'éa', 'aé', 'aé'.repeat(200), 'x'.repeat(70_000)])
      for (const message of [text, Buffer.from(text)])
        expect(ours(message)).toBe(createHmac('sha256', secret).update(message).digest('hex'))
  }
})

test('the secret is not left in the memory that small buffers share', () => {
  const secret = 'canary-2e71b0'
  node.hmacSha256(secret)('x'.repeat(400))
  const pool = new TextDecoder('latin1').decode(Buffer.from('x').buffer)
  const padded = String.fromCharCode(...Array.from(secret, (character) => character.charCodeAt(0) ^ 0x36))
  expect([pool.includes(secret), pool.includes(padded)]).toEqual([false, false])
})

test('the published REST event', () => {
  const body = '{"name":"foo","channels":["project-3"],"data":"{\\"some\\":\\"data\\"}"}'
  const hmac = node.hmacSha256('7ad3773142a6692b25b8')
  expect(signedPusherQuery(hmac, '278d425bdf160c739803', 'POST', '/apps/3/events', 1_353_088_179, body)).toBe(
    'auth_key=278d425bdf160c739803&auth_timestamp=1353088179&auth_version=1.0&body_md5=ec365a775a4cd0599faeb73354201b6f' +
      '&auth_signature=da454824c97ba181a32ccc17a72625ba02771f50b50e1e7430e47a1f3f457e6c',
  )
})

test('a query is signed sorted and as it is read, and sent escaped', () => {
  const hmac = node.hmacSha256('7ad3773142a6692b25b8')
  const query = signedPusherQuery(hmac, 'key', 'GET', '/apps/3/channels', 1, undefined, {
    info: 'user_count',
    filter_by_prefix: 'a=;b',
  })
  const sorted = 'auth_key=key&auth_timestamp=1&auth_version=1.0&filter_by_prefix=a=;b&info=user_count'
  expect(query).toBe(`${sorted.replace('a=;b', 'a%3D%3Bb')}&auth_signature=${hmac(`GET\n/apps/3/channels\n${sorted}`)}`)
})
