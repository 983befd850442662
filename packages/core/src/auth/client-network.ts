import { formatIp, type IpAddress, network, parseIp } from '../privacy/ip-address.ts'

/** The prefix that providers assign to one customer (RFC 6177): its addresses are one client's. */
const customerPrefix = 56

/** IPv6 prefixes whose addresses have an IPv4 address in them, and where it is: its first 16-bit group. */
const embedded: readonly { readonly prefix: IpAddress; readonly at: number; readonly isInverted?: boolean }[] = [
  // NAT64 (RFC 6052, section 2.1; RFC 8215 for the local one): all clients of a carrier share the prefix.
  { prefix: [0x64, 0xff9b, 0, 0, 0, 0], at: 6 },
  { prefix: [0x64, 0xff9b, 1], at: 6 },
  // 6to4 (RFC 3056): one IPv4 address has 65,536 networks.
  { prefix: [0x2002], at: 1 },
  // Teredo (RFC 4380, section 4): the client's address comes last, inverted; the server's comes first, for all its clients.
  { prefix: [0x2001, 0], at: 6, isInverted: true },
  // SIIT (RFC 2765, section 2.1).
  { prefix: [0, 0, 0, 0, 0xffff, 0], at: 6 },
]

/**
 * The part of a client IP address that requests are counted by: an IPv4 address, or the /56 prefix of an IPv6 address. An
 * IPv4 address that a transition mechanism has embedded is that address. A malformed text, such as an address with a port
 * that a proxy has added, is one for all: a key for each port would limit no client.
 */
export function clientNetwork(text: string): string {
  const address = parseIp(text)
  if (address === undefined) return 'malformed'
  return formatIp(embeddedIpv4(address) ?? network(address, customerPrefix))
}

function embeddedIpv4(address: IpAddress): IpAddress | undefined {
  if (address.length !== 8) return undefined
  const rule = embedded.find(({ prefix }) => prefix.every((group, index) => address[index] === group))
  if (rule === undefined) return undefined
  const mask = rule.isInverted ? 0xffff : 0
  return [rule.at, rule.at + 1].flatMap((at) => {
    const group = (address[at] ?? 0) ^ mask
    return [group >> 8, group & 0xff]
  })
}
