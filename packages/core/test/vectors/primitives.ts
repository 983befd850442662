import type * as Primitives from '../../src/crypto/node.ts'
import wycheproof from './hmac_sha256_test.json' with { type: 'json' }

/** What one of the two files behind `#primitives` must make of something. Runs on every runtime: nothing of Node's. */
export interface Vector {
  readonly name: string
  actual(primitives: typeof Primitives): string
  readonly expected: string
  /** Of a vector that shows a wrong answer: what must not come out. */
  readonly isWrong?: boolean
}

const encoder = new TextEncoder()
const bytesOf = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16))
const hexOf = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

/** C2SP Wycheproof: 174 cases, some with a tag that was cut short, some with a wrong one. */
const wycheproofVectors = wycheproof.testGroups.flatMap(({ tagSize, tests }) =>
  tests.map(
    ({ tcId, comment, key, msg, tag, result }): Vector => ({
      name: `Wycheproof HMAC-SHA256 ${tcId} ${comment}: ${result}`,
      actual: ({ hmacSha256 }) => hmacSha256(bytesOf(key))(bytesOf(msg)).slice(0, tagSize / 4),
      expected: tag,
      isWrong: result !== 'valid',
    }),
  ),
)

const rfc4231: readonly [key: string, message: string, tag: string][] = [
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
  ['0c'.repeat(20), hexOf(encoder.encode('Test With Truncation')), 'a3b6167473100ee06e0c796c2955552b'],
  [
    'aa'.repeat(131),
    hexOf(encoder.encode('Test Using Larger Than Block-Size Key - Hash Key First')),
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  ],
  [
    'aa'.repeat(131),
    hexOf(
      encoder.encode(
        'This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.',
      ),
    ),
    '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
  ],
]

/** What the Pusher protocol's documentation publishes: a secret, what it signs and the signature. */
const published: readonly [name: string, secret: string, text: string, signature: string][] = [
  [
    'private',
    '7ad3773142a6692b25b8',
    '1234.1234:private-foobar',
    '58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4',
  ],
  [
    'presence',
    '7ad3773142a6692b25b8',
    '1234.1234:presence-foobar:{"user_id":10,"user_info":{"name":"Mr. Channels"}}',
    '31935e7d86dba64c2a90aed31fdc61869f9b22ba9d8863bba239c03ca481bc80',
  ],
  [
    'user sign-in',
    '7ad3773142a6692b25b8',
    '1234.1234::user::{"id":"12345"}',
    '4708d583dada6a56435fb8bc611c77c359a31eebde13337c16ab43aa6de336ba',
  ],
  [
    'REST event',
    '7ad3773142a6692b25b8',
    'POST\n/apps/3/events\nauth_key=278d425bdf160c739803&auth_timestamp=1353088179&auth_version=1.0&body_md5=ec365a775a4cd0599faeb73354201b6f',
    'da454824c97ba181a32ccc17a72625ba02771f50b50e1e7430e47a1f3f457e6c',
  ],
  [
    'webhook',
    'tofu',
    '{"time_ms":1403175510755,"events":[{"channel":"test_channel","name":"channel_vacated"}]}',
    'c17257e92037cd7de407ebc1ed174ceb7b2e518db127f44411b9ffc4f5b28cc5',
  ],
]

/** RFC 1321, appendix A.5, and the body of the published REST event. */
const md5: readonly [text: string, digest: string][] = [
  ['', 'd41d8cd98f00b204e9800998ecf8427e'],
  ['a', '0cc175b9c0f1b6a831c399e269772661'],
  ['abc', '900150983cd24fb0d6963f7d28e17f72'],
  ['message digest', 'f96b697d7cb7938d525a2f31aaf161d0'],
  ['abcdefghijklmnopqrstuvwxyz', 'c3fcd3d76192e4007dfb496cca67e13b'],
  ['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', 'd174ab98d277d9f5a5611c2c9f419d9f'],
  [
    '12345678901234567890123456789012345678901234567890123456789012345678901234567890',
    '57edf4a22be3c955ac49da2e2107b67a',
  ],
  ['{"name":"foo","channels":["project-3"],"data":"{\\"some\\":\\"data\\"}"}', 'ec365a775a4cd0599faeb73354201b6f'],
]

/** FIPS 180-4: the examples of one block and of two. */
const sha256: readonly [text: string, digest: string][] = [
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  ],
]

/** RFC 4648, section 10, and what is not text. */
const base64: readonly [hex: string, text: string][] = [
  ['', ''],
  ['66', 'Zg=='],
  ['666f', 'Zm8='],
  ['666f6f626172', 'Zm9vYmFy'],
  ['fffefbff00', '//77/wA='],
]

export const vectors: readonly Vector[] = [
  ...wycheproofVectors,
  ...rfc4231.map(
    ([key, message, expected], index): Vector => ({
      name: `RFC 4231 ${index + 1}`,
      actual: ({ hmacSha256 }) => hmacSha256(bytesOf(key))(bytesOf(message)).slice(0, expected.length),
      expected,
    }),
  ),
  ...published.map(
    ([name, secret, text, expected]): Vector => ({
      name: `published: ${name}`,
      actual: ({ hmacSha256 }) => hmacSha256(secret)(text),
      expected,
    }),
  ),
  ...sha256.flatMap(([text, expected]): Vector[] => [
    {
      name: `SHA-256 of the bytes of '${text}'`,
      actual: (primitives) => hexOf(primitives.sha256(encoder.encode(text))),
      expected,
    },
  ]),
  ...md5.map(
    ([text, expected]): Vector => ({ name: `MD5 of '${text}'`, actual: ({ md5Hex }) => md5Hex(text), expected }),
  ),
  ...base64.flatMap(([hex, text]): Vector[] => [
    { name: `base64 of ${hex}`, actual: ({ toBase64 }) => toBase64(bytesOf(hex)), expected: text },
    { name: `bytes of '${text}'`, actual: ({ fromBase64 }) => hexOf(fromBase64(text)), expected: hex },
  ]),
  ...(
    [
      ['', '', true],
      ['00ff', '00ff', true],
      ['00ff', '00fe', false],
      ['00ff', '01ff', false],
      ['00', '0000', false],
      ['00', '', false],
      ['', '00', false],
    ] as const
  ).map(
    ([one, other, same]): Vector => ({
      name: `${one} and ${other}: ${same ? 'equal' : 'not equal'}`,
      actual: ({ equalBytes }) => String(equalBytes(bytesOf(one), bytesOf(other))),
      expected: String(same),
    }),
  ),
]
