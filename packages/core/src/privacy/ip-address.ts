/** The 4 bytes of an IPv4 address, or the 8 groups of 16 bits of an IPv6 address. */
export type IpAddress = readonly number[]

/**
 * Parses the text of an address (RFC 4291, section 2.2). An IPv4-mapped address (`::ffff:192.0.2.1`, which a dual-stack
 * socket has for its IPv4 clients) becomes the IPv4 address. A zone (`%eth0`) is dropped.
 * @returns `undefined` for anything else, such as brackets, a port, blanks, or octets with a leading zero
 */
export function parseIp(text: string): IpAddress | undefined {
  if (text.length > longestText) return undefined
  if (!text.includes(':')) return parseIpv4(text)
  const groups = parseIpv6(text.replace(/%\S+/, ''))
  if (groups === undefined || !startsWith(groups, mappedPrefix)) return groups
  const [high = 0, low = 0] = groups.slice(mappedPrefix.length)
  return [high >> 8, high & 0xff, low >> 8, low & 0xff]
}

/** Formats an address in the only form that RFC 5952 allows for it. */
export function formatIp(address: IpAddress): string {
  if (address.length === 4) return address.join('.')
  const groups = address.map((group) => group.toString(16))
  const run = longestZeros(address)
  if (run === undefined) return groups.join(':')
  return `${groups.slice(0, run.start).join(':')}::${groups.slice(run.end).join(':')}`
}

/** The network of an address: its first `bits`, then zeros. */
export function network(address: IpAddress, bits: number): IpAddress {
  const width = address.length === 4 ? 8 : 16
  return address.map((number, index) => {
    const kept = Math.min(Math.max(bits - index * width, 0), width)
    return number & ~(2 ** (width - kept) - 1)
  })
}

/** Room for the longest address and a zone. */
const longestText = 128
const mappedPrefix = [0, 0, 0, 0, 0, 0xffff]

function startsWith(address: IpAddress, prefix: IpAddress): boolean {
  return prefix.every((number, index) => address[index] === number)
}

function parseIpv4(text: string): IpAddress | undefined {
  const octets = text.split('.')
  // Some parsers read a leading zero as octal: `010.0.0.1` would be two addresses.
  return octets.length === 4 && octets.every((octet) => /^(0|[1-9]\d*)$/.test(octet) && Number(octet) <= 255)
    ? octets.map(Number)
    : undefined
}

function parseIpv6(text: string): IpAddress | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [left, right] = halves.map((half, index) => parseGroups(half, index === halves.length - 1))
  if (left === undefined) return undefined
  if (halves.length === 1) return left.length === 8 ? left : undefined
  // A `::` stands for at least one group.
  if (right === undefined || left.length + right.length > 7) return undefined
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right]
}

/** Parses groups separated by `:`. The last two may be written as an IPv4 address at the end of the text. */
function parseGroups(text: string, isEnd: boolean): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16))
    else {
      const octets = isEnd && index === parts.length - 1 ? parseIpv4(part) : undefined
      if (octets === undefined) return undefined
      const [a = 0, b = 0, c = 0, d = 0] = octets
      groups.push((a << 8) | b, (c << 8) | d)
    }
  }
  return groups
}

/** The longest run of at least two zeros, the first of several (RFC 5952, section 4.2). */
function longestZeros(groups: IpAddress): { readonly start: number; readonly end: number } | undefined {
  let longest = { start: 0, end: 1 }
  let start = 0
  for (const [index, group] of groups.entries()) {
    if (group !== 0) start = index + 1
    else if (index + 1 - start > longest.end - longest.start) longest = { start, end: index + 1 }
  }
  return longest.end - longest.start >= 2 ? longest : undefined
}
