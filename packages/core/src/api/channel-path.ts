import { invalidArgument } from '../errors.ts'
import { assertChannel, isDots } from '../names.ts'

/**
 * Where a channel is, below the app's own path. Its alphabet has nothing that a path escapes (RFC 3986, section 3.3).
 * @throws {TypeError}
 */
export function channelPath(name: unknown): string {
  assertChannel(name, 'name')
  if (isDots(name)) throw invalidArgument('name', 'must not be . or ..: there is no path to such a channel')
  return `/channels/${name}`
}
