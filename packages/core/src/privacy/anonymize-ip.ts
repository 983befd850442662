import { formatIp, type IpAddress, network, parseIp } from './ip-address.ts'

/**
 * An IP address without the part that tells one household from its neighbours: IPv4 loses its last octet, IPv6 keeps
 * its first 48 bits. `203.0.113.195` is `203.0.113.0`, `2001:db8:85a3:8d3:1319::1` is `2001:db8:85a3::`.
 *
 * Promises: the same answer for every spelling of an address, as RFC 5952 writes it; an IPv4-mapped address is the IPv4
 * address; a 6to4 address (`2002::/16`) loses the last octet of the IPv4 address in it too; to do it twice changes nothing.
 *
 * Does not promise: anonymity. Some 256 addresses share an IPv4 network, and often one company, or nobody else, uses it.
 * Beside a time, a user agent or an account it may still name a person: the law calls that personal data.
 *
 * As walkerOS's `anonymizeIP`, but that it also takes IPv6, and refuses octets over 255 and with leading zeros.
 *
 * @param ip as the framework gives it: no port, no brackets. A zone (`%eth0`) is dropped
 * @returns an empty string for whatever is no address, never what was given
 */
export function anonymizeIp(ip: string | null | undefined): string {
  const address = typeof ip === 'string' ? parseIp(ip) : undefined
  return address === undefined ? '' : formatIp(network(address, keptBits(address)))
}

function keptBits(address: IpAddress): number {
  if (address.length === 4) return 24
  return address[0] === sixToFour ? 16 + 24 : 48
}

/** The first group of an address whose next 32 bits are an IPv4 address (RFC 3056, section 2). */
const sixToFour = 0x2002
