import { isIP } from 'node:net'
import { anonymizeIP as theirs } from '@walkeros/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anonymizeIp } from '../src/index.ts'
import { formatIp, network, parseIp } from '../src/privacy/ip-address.ts'

describe('an address', () => {
  test.each([
    ['192.168.1.100', '192.168.1.0'],
    ['203.0.113.255', '203.0.113.0'],
    ['0.0.0.0', '0.0.0.0'],
    // RFC 4291, section 2.2
    ['ABCD:EF01:2345:6789:ABCD:EF01:2345:6789', 'abcd:ef01:2345::'],
    ['2001:DB8:0:0:8:800:200C:417A', '2001:db8::'],
    ['2001:DB8::8:800:200C:417A', '2001:db8::'],
    ['FF01:0:0:0:0:0:0:101', 'ff01::'],
    ['FF01::101', 'ff01::'],
    ['0:0:0:0:0:0:0:1', '::'],
    ['::1', '::'],
    ['::', '::'],
    ['2001:0DB8:0000:CD30::', '2001:db8::'],
    ['2001:db8:85a3:8d3:1319:8a2e:370:7348', '2001:db8:85a3::'],
    ['0:0:5::1', '0:0:5::'],
    // Section 2.5.5: an IPv4-mapped address is the IPv4 address, an IPv4-compatible one is not.
    ['::ffff:192.0.2.33', '192.0.2.0'],
    ['::FFFF:c000:0221', '192.0.2.0'],
    ['0:0:0:0:0:ffff:192.0.2.33', '192.0.2.0'],
    ['::13.1.68.3', '::'],
    ['64:ff9b::192.0.2.33', '64:ff9b::'],
    // RFC 4007: a zone is of this machine.
    ['fe80::1%eth0', 'fe80::'],
    ['fe80::1%25', 'fe80::'],
    [`fe80::1%${'x'.repeat(120)}`, 'fe80::'],
    ['::ffff:192.0.2.33%lo', '192.0.2.0'],
    // RFC 3056: 192.0.2.33 over 6to4.
    ['2002:c000:221:1::1', '2002:c000:200::'],
    ['2002:cb00:71c3::1', '2002:cb00:7100::'],
  ])('%s is %s', (ip, anonymous) => {
    expect(anonymizeIp(ip)).toBe(anonymous)
  })
})

test.each([
  [''],
  [' 1.2.3.4'],
  ['1.2.3.4\n'],
  ['1.2.3'],
  ['1.2.3.4.5'],
  ['1.2.3.'],
  ['256.1.1.1'],
  ['010.0.0.1'],
  ['1.2.3.4:80'],
  ['1.2.3.4%eth0'],
  ['[::1]'],
  ['[::1]:80'],
  [':'],
  [':::'],
  ['1::2::3'],
  ['1:2:3:4:5:6:7'],
  ['1:2:3:4:5:6:7:8:9'],
  ['1:2:3:4:5:6:7::8'],
  [':1:2:3:4:5:6:7'],
  ['::12345'],
  ['::g'],
  ['1.2.3.4::'],
  ['::1.2.3.4:5'],
  ['::1%'],
  ['::1%a b'],
  ['::1%a\n'],
  [`fe80::1%${'x'.repeat(121)}`],
  ['%eth0'],
  ['localhost'],
  ['٠.٠.٠.٠'],
  ['1.2.3.4, 5.6.7.8'],
  [`::1%${'x'.repeat(200)}`],
])('%j is no address', (text) => {
  expect(anonymizeIp(text)).toBe('')
})

test.each([[undefined], [null], [1], [{}], [['1.2.3.4']]])('%j is no address either', (value) => {
  expect(anonymizeIp(value as unknown as string)).toBe('')
})

/** Texts that are nearly addresses, and addresses. */
const octet = fc.oneof(fc.nat(300).map(String), fc.constantFrom('01', '', 'a'))
const group = fc.oneof(
  fc.nat(0xffff).map((group) => group.toString(16)),
  fc.constantFrom('', '0', '0000', 'FFFF', '12345', 'g', '1.2.3.4'),
)
const nearly = fc.oneof(
  fc.array(octet, { minLength: 3, maxLength: 5 }).map((octets) => octets.join('.')),
  fc.array(group, { minLength: 1, maxLength: 9 }).map((groups) => groups.join(':')),
  fc.ipV4(),
  fc.ipV6(),
  fc.ipV4().map((ip) => `::ffff:${ip}`),
)
const ipv6 = fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 })

test('addresses are what Node takes for addresses', () => {
  fc.assert(
    fc.property(nearly, (text) => (parseIp(text) === undefined) === (isIP(text) === 0)),
    { numRuns: 5000 },
  )
})

test('IPv4 is what walkerOS gives, where it is an address', () => {
  fc.assert(
    fc.property(nearly, (text) => isIP(text) !== 4 || anonymizeIp(text) === theirs(text)),
    { numRuns: 5000 },
  )
  for (const text of ['', '1.2.3', '1.2.3.4:80', ' 1.2.3.4', 'a']) expect(anonymizeIp(text)).toBe(theirs(text))
})

test('IPv6 is written as the URL standard writes it, but for IPv4 in it', () => {
  fc.assert(
    fc.property(ipv6, (groups) => {
      const text = formatIp(groups)
      return `[${text}]` === new URL(`http://[${text}]`).hostname
    }),
    { numRuns: 5000 },
  )
})

test('an address keeps its prefix and nothing else, and once is enough', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.ipV4(),
        fc.ipV6(),
        fc.ipV4().map((ip) => `::ffff:${ip}`),
      ),
      (ip) => {
        const whole = parseIp(ip) ?? []
        const kept = parseIp(anonymizeIp(ip)) ?? []
        expect(kept).toHaveLength(whole.length)
        // Of 6to4's third group the first byte alone is kept.
        const third = whole[0] === 0x2002 ? Number(whole[2]) & 0xff00 : whole[2]
        expect(kept.slice(0, 3)).toEqual([whole[0], whole[1], third])
        expect(kept.slice(3).every((number) => number === 0)).toBe(true)
        expect(anonymizeIp(anonymizeIp(ip))).toBe(anonymizeIp(ip))
      },
    ),
    { numRuns: 2000 },
  )
})

test('a network of any size keeps exactly its bits', () => {
  const bitsOf = (address: readonly number[]) =>
    address.map((number) => number.toString(2).padStart(address.length === 4 ? 8 : 16, '0')).join('')
  const ipv4 = fc.array(fc.nat(255), { minLength: 4, maxLength: 4 })
  fc.assert(
    fc.property(fc.oneof(ipv4, ipv6), fc.nat(128), (address, bits) => {
      const whole = bitsOf(address)
      expect(bitsOf(network(address, bits))).toBe(whole.slice(0, bits).padEnd(whole.length, '0'))
    }),
  )
})
