import { hmacSha256 } from '#primitives'
import type { Hmac } from '../crypto/node.ts'

// What the app's secret signs elsewhere has a `:` or a line end, or begins with `{` (a channel, a user, a request, a
// webhook). This label has neither, so that no signature is ever a key.
const label = 'pingerchips rate limit keys, version 1'

/**
 * A function that hashes rate limit keys, with a key derived from the app's secret: the store of a limiter shows no user
 * and no address to those who lack the secret. All processes with one secret share their keys.
 */
export function rateLimitKeyHash(hmac: Hmac): (key: string) => string {
  let derived: Hmac | undefined
  return (key) => {
    derived ??= hmacSha256(hmac(label))
    return derived(key)
  }
}

const registryKey = Symbol.for('pingerchips.rateLimitKeyHashes')
const registry = globalThis as { [registryKey]?: WeakMap<object, (key: string) => string> }

/** The functions of clients, for the endpoint; one registry for all copies of this package, such as its two builds. */
export const rateLimitKeyHashes: WeakMap<object, (key: string) => string> = registry[registryKey] ?? new WeakMap()
registry[registryKey] = rateLimitKeyHashes
