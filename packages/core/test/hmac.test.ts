import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { channelString } from '../src/sign/channel.ts'
import { hmacSha256 } from '../src/sign/hmac.ts'
import { signedPusherQuery } from '../src/sign/request.ts'

interface Wycheproof {
  numberOfTests: number
  testGroups: {
    tagSize: number
    tests: { tcId: number; comment: string; key: string; msg: string; tag: string; result: 'valid' | 'invalid' }[]
  }[]
}

const hex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'))

describe('Wycheproof HMAC-SHA256', () => {
  const file = new URL('./vectors/hmac_sha256_test.json', import.meta.url)
  const { numberOfTests, testGroups } = JSON.parse(readFileSync(file, 'utf8')) as Wycheproof
  const cases = testGroups.flatMap(({ tagSize, tests }) => tests.map((vector) => ({ tagSize, ...vector })))
  test('are all there', () => expect([cases.length, numberOfTests]).toEqual([174, 174]))
  test.each(cases)('$tcId $comment: $result', ({ tagSize, key, msg, tag, result }) => {
    const ours = hmacSha256(hex(key))(hex(msg)).slice(0, tagSize / 4)
    if (result === 'valid') expect(ours).toBe(tag)
    else expect(ours).not.toBe(tag)
  })
})

describe('RFC 4231', () => {
  test.each([
    ['0b'.repeat(20), '4869205468657265', 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
    [
      '4a656665',
      '7768617420646f2079612077616e7420666f72206e6f7468696e673f',
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
    ['aa'.repeat(20), 'dd'.repeat(50), '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe'],
    [
      '0102030405060708090a0b0c0d0e0f10111213141516171819',
      'cd'.repeat(50),
      '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
    ],
    [
      'aa'.repeat(131),
      Buffer.from('Test Using Larger Than Block-Size Key - Hash Key First').toString('hex'),
      '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    ],
    [
      'aa'.repeat(131),
      Buffer.from(
        'This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.',
      ).toString('hex'),
      '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
    ],
  ])('key %s', (key, message, tag) => expect(hmacSha256(hex(key))(hex(message))).toBe(tag))
})

test('texts of any length, one after another, over the room that is kept for short ones', () => {
  const key = 'k'.repeat(100)
  const ours = hmacSha256(key)
  for (const character of ['a', 'ü', '☃', '😀', '\ud800'])
    for (const length of [0, 1, 63, 64, 170, 255, 256, 340, 341, 342, 511, 512, 1023, 1024, 1025, 5000, 1]) {
      const text = character.repeat(length)
      expect(ours(text)).toBe(createHmac('sha256', key).update(text).digest('hex'))
      expect(ours(Buffer.from(text))).toBe(createHmac('sha256', key).update(Buffer.from(text)).digest('hex'))
    }
})

test('secrets of any length', () => {
  for (let length = 1; length <= 130; length++) {
    const key = 'k'.repeat(length)
    expect(hmacSha256(key)('text')).toBe(createHmac('sha256', key).update('text').digest('hex'))
  }
})

test('the secret is not left in the memory that small buffers share', () => {
  const secret = 'canary-2e71b0'
  hmacSha256(secret)('x'.repeat(400))
  const pool = new TextDecoder('latin1').decode(Buffer.from('x').buffer)
  const padded = String.fromCharCode(...Array.from(secret, (character) => character.charCodeAt(0) ^ 0x36))
  expect([pool.includes(secret), pool.includes(padded)]).toEqual([false, false])
})

describe('the vectors that Pusher publishes', () => {
  const hmac = hmacSha256('7ad3773142a6692b25b8')
  test.each([
    [channelString('1234.1234', 'private-foobar'), '58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4'],
    [
      channelString('1234.1234', 'presence-foobar', '{"user_id":10,"user_info":{"name":"Mr. Channels"}}'),
      '31935e7d86dba64c2a90aed31fdc61869f9b22ba9d8863bba239c03ca481bc80',
    ],
    ['1234.1234::user::{"id":"12345"}', '4708d583dada6a56435fb8bc611c77c359a31eebde13337c16ab43aa6de336ba'],
  ])('%s', (text, signature) => expect(hmac(text)).toBe(signature))

  test('REST event', () => {
    const body = '{"name":"foo","channels":["project-3"],"data":"{\\"some\\":\\"data\\"}"}'
    expect(signedPusherQuery(hmac, '278d425bdf160c739803', 'POST', '/apps/3/events', 1_353_088_179, body)).toBe(
      'auth_key=278d425bdf160c739803&auth_timestamp=1353088179&auth_version=1.0&body_md5=ec365a775a4cd0599faeb73354201b6f' +
        '&auth_signature=da454824c97ba181a32ccc17a72625ba02771f50b50e1e7430e47a1f3f457e6c',
    )
  })

  test('a query is signed sorted and as it is read, and sent escaped', () => {
    const query = signedPusherQuery(hmac, 'key', 'GET', '/apps/3/channels', 1, undefined, {
      info: 'user_count',
      filter_by_prefix: 'a=;b',
    })
    const sorted = 'auth_key=key&auth_timestamp=1&auth_version=1.0&filter_by_prefix=a=;b&info=user_count'
    expect(query).toBe(
      `${sorted.replace('a=;b', 'a%3D%3Bb')}&auth_signature=${hmac(`GET\n/apps/3/channels\n${sorted}`)}`,
    )
  })

  test('webhook', () => {
    const body = '{"time_ms":1403175510755,"events":[{"channel":"test_channel","name":"channel_vacated"}]}'
    expect(hmacSha256('tofu')(body)).toBe('c17257e92037cd7de407ebc1ed174ceb7b2e518db127f44411b9ffc4f5b28cc5')
  })
})
