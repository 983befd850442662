import { ignoreRejection } from '../endpoint/callback.ts'
import { describeType, PingerchipsError } from '../errors.ts'
import { formatIp, network, parseIp } from '../hash/ip-address.ts'

/** Who is counted. */
export interface Counted {
  /** What `user` answered; `undefined` for nobody, and where there is no `user`. */
  readonly user: unknown
  /** The connection's address as the framework gives it. */
  readonly address: string | undefined
}

/**
 * The key of a user, else of an address: one text for each, before it is hashed. Its first word says which, so that no
 * user is ever counted as somebody's address.
 * @throws {PingerchipsError} `client_ip_unavailable` if there is neither: one key for all of them would let one lock out the rest
 */
export function defaultKey({ user, address }: Counted): string {
  const id = userId(user)
  if (id !== undefined) return `user:${id}`
  if (typeof address === 'string' && address !== '') return `address:${networkOf(address)}`
  ignoreRejection(address)
  throw new PingerchipsError(
    'client_ip_unavailable',
    'options.rateLimit has neither a user nor an address to count by: the framework gives none for this connection (a Unix ' +
      'socket has none). Give options.rateLimit.address or options.rateLimit.key.',
  )
}

/** @throws {PingerchipsError} `invalid_callback_result` if it is not a text to count by */
export function ownKey(answer: unknown): string {
  if (typeof answer === 'string' && answer !== '') return `key:${answer}`
  ignoreRejection(answer)
  throw new PingerchipsError(
    'invalid_callback_result',
    `rateLimit.key must answer a string that is not empty (got ${describeType(answer)}).`,
  )
}

/** What identifies a user: itself, or the first of these that is a text or a number. */
const idProperties = ['id', 'user_id', 'sub'] as const

function userId(user: unknown): string | undefined {
  if (typeof user !== 'object' || user === null) return idText(user)
  // Read, and not by own property alone: a model of a database has `id` as a getter of its class.
  for (const property of idProperties) {
    const id = idText((user as Record<string, unknown>)[property])
    if (id !== undefined) return id
  }
  return undefined
}

function idText(id: unknown): string | undefined {
  if (typeof id === 'string') return id === '' ? undefined : id
  return typeof id === 'bigint' || Number.isSafeInteger(id) ? String(id) : undefined
}

/**
 * IPv4 as it is; IPv6 by its /64, all of which is one customer's, who would have as many keys as they like. What is no
 * address, such as one with a port that a proxy put there, is one for all: a key for each port would limit nobody.
 */
function networkOf(text: string): string {
  const address = parseIp(text)
  return address === undefined ? 'malformed' : formatIp(network(address, 64))
}
