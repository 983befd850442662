import { formatIp, type IpAddress, network, parseIp } from './ip-address.ts'

/**
 * Truncates an IP address: IPv4 loses its last octet, IPv6 keeps its first 48 bits.
 *
 * - Every spelling of an address has one result, in the form of RFC 5952.
 * - An IPv4-mapped address is the IPv4 address. A 6to4 address (`2002::/16`) also loses the last octet of its IPv4 address.
 * - Truncating twice changes nothing.
 *
 * The result is not anonymous. Some 256 addresses share an IPv4 network, often of one company or household. Together with a
 * time, a user agent or an account it may still identify a person and is then personal data.
 *
 * Like `anonymizeIP` of walkerOS, with IPv6, and without octets over 255 or with leading zeros.
 *
 * @param ip as the framework has it, without port and brackets. A zone (`%eth0`) is dropped
 * @returns an empty string for anything that is not an address, never the input
 * @example
 * ```ts
 * import { anonymizeIp } from '@pingerchips/core'
 *
 * anonymizeIp('203.0.113.195') // '203.0.113.0'
 * anonymizeIp('2001:db8:85a3:8d3:1319::1') // '2001:db8:85a3::'
 * ```
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
