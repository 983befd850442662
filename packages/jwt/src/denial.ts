import { type Denial, deny } from '@pingerchips/core'
import type { Rejection } from './rejection.ts'

/** Without any token, RFC 6750, section 3.1, wants no error code: it is how a client asks what to send. */
const noToken = deny({ status: 401, error: 'Unauthorized', challenge: 'Bearer' })
const badToken = deny({ status: 401, error: 'Unauthorized', challenge: 'Bearer error="invalid_token"' })

/** What the client is told: nothing about why (RFC 6750, section 3.1, has one code for all of it). */
export function denial({ code }: Rejection): Denial {
  return code === 'token_missing' ? noToken : badToken
}
