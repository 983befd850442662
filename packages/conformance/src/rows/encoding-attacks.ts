import { gzipSync } from 'node:zlib'
import { refusedOrDenied, wrongEncoding } from './expectations.ts'
import { asJson, asJsonRow, behindAny, both, deniedFields, fields, join, json, signinPath } from './requests.ts'
import type { Row } from './row.ts'

export type EncodingThreat = 'compressed bodies' | 'encoded paths'

const encodings = ['gzip', 'deflate', 'br', 'zstd', 'GZIP', 'x-gzip', 'identity, gzip', 'gzip, identity', 'unknown']
const gzip = { headers: { 'content-encoding': 'gzip' }, ...behindAny(refusedOrDenied) }

/**
 * Paths that some servers decode, or cut, to the endpoint's. Not among them: `/pingerchips/%61uth`, which is the same path
 * (RFC 3986, section 6.2.2.2).
 */
const paths = [
  '/pingerchips/auth%23/anything',
  '/pingerchips/auth%23',
  '/pingerchips/auth%3Fa=b',
  '/pingerchips/auth%2F',
  '/pingerchips/auth%2fx',
  '/pingerchips/auth%00',
  '/pingerchips/auth%0a',
  '/pingerchips/auth%20',
  '/pingerchips%2Fauth',
  '/pingerchips/x%2F..%2Fauth',
  '/pingerchips/auth;a=b',
  '/pingerchips/auth,b',
]

/** Bodies and paths that need decoding. */
export const encodingAttacks: Readonly<Record<EncodingThreat, readonly Row[]>> = {
  // RFC 9110, section 8.4. A parser of the app's may decode a body; the endpoint does not.
  'compressed bodies': [
    asJsonRow('JSON in gzip', gzipSync(asJson(deniedFields)), wrongEncoding, { ...gzip, atAdapters: true }),
    ...encodings.flatMap((encoding) =>
      both(`a plain body labelled ${encoding}`, 'private-false', wrongEncoding, {
        ...behindAny({ ...refusedOrDenied, status: [400, 403, 413, 415, 500] }),
        headers: { 'content-encoding': encoding },
        atAdapters: encoding === 'gzip',
      }),
    ),
    ...fields('sign-in: a plain body labelled gzip', { socket_id: '1.1' }, wrongEncoding, {
      ...behindAny({ ...refusedOrDenied, status: [400, 403, 413, 415, 500] }),
      headers: { 'content-encoding': 'gzip' },
      path: signinPath,
      user: null,
    }),
  ],
  'encoded paths': paths.map(
    (path): Row => ({
      name: `${path} stays with the app`,
      path,
      type: json,
      body: asJson(join('private-true')),
      needsApp: true,
      atAdapters: true,
      expect: { status: [400, 404], authorize: null, errors: 'any', fromApp: true },
    }),
  ),
}
