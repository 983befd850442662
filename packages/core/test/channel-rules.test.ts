import { channelName, channelRules, deny } from '@pingerchips/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { channelKind } from '../src/internal/validate.ts'

const authorize = (rules: (context: never) => unknown, name: string, user: unknown = { id: '1' }) =>
  rules({ socketId: '1.1', channel: name, kind: channelKind(name), authInfo: undefined, user, request: {} } as never)

/** The pattern whose rule is called for a channel, and its parameters. */
const matched = (patterns: readonly string[], name: string) =>
  authorize(
    channelRules(
      Object.fromEntries(
        patterns.map((pattern) => [pattern, ({ params }: { params: object }) => ({ pattern, ...params })]),
      ) as never,
    ),
    name,
  )

describe('matching', () => {
  test.each<[patterns: string[], name: string, result: object | false]>([
    [['private-user-{id}'], 'private-user-1', { pattern: 'private-user-{id}', id: '1' }],
    [['private-user-{id}'], 'private-user-', false],
    [['private-user-{id}'], 'private-user', false],
    [['private-user-{id}'], 'xprivate-user-1', false],
    [['private-user-{id}'], 'PRIVATE-user-1', false],
    [['private-user-{id}'], 'private-user-1-2', { pattern: 'private-user-{id}', id: '1-2' }],
    [['private-order-{id}'], 'private-orderShipment', false],
    [['private-a.b'], 'private-axb', false],
    [['private-a.b'], 'private-a.b', { pattern: 'private-a.b' }],
    [['private-a.b'], 'private-a.bc', false],
    [['private-{a}.{b}'], 'private-x-y', false],
    [
      ['private-order-{orderId}-item-{itemId}'],
      'private-order-7-item-8',
      { pattern: 'private-order-{orderId}-item-{itemId}', orderId: '7', itemId: '8' },
    ],
    [
      ['private-order-{orderId}-item-{itemId}'],
      'private-order-7-item-8-item-9',
      { pattern: 'private-order-{orderId}-item-{itemId}', orderId: '7', itemId: '8-item-9' },
    ],
    [['private-order-{orderId}-item-{itemId}'], 'private-order--item-8', false],
    [['private-order-{orderId}-item-{itemId}'], 'private-order-7-item-', false],
    [
      ['private-order-{orderId}-item-{itemId}'],
      'private-order--item--item-8',
      { pattern: 'private-order-{orderId}-item-{itemId}', orderId: '-item-', itemId: '8' },
    ],
    [['private-{room}-chat'], 'private-a-chat-chat', { pattern: 'private-{room}-chat', room: 'a-chat' }],
    [['private-{room}-chat'], 'private--chat', false],
    [['private-aa{x}aa'], 'private-aaaa', false],
    [['private-{x}aab{y}'], 'private-aaaab1', { pattern: 'private-{x}aab{y}', x: 'aa', y: '1' }],
    [['private-{room}'], 'private-encrypted-1', false],
    [
      ['private-{room}', 'private-encrypted-{room}'],
      'private-encrypted-1',
      { pattern: 'private-encrypted-{room}', room: '1' },
    ],
    [[], 'private-1', false],
  ])('%j, channel %s', (patterns, name, result) => {
    expect(matched(patterns, name)).toEqual(result)
  })

  test('the most specific rule matches first, in any order of the table', () => {
    const patterns = [
      'private-{x}',
      'private-user-{id}',
      'private-user-me',
      'private-user-{id}-mail',
      'private-{x}-mail',
    ]
    const first: Record<string, string> = {
      'private-user-me': 'private-user-me',
      'private-user-1': 'private-user-{id}',
      'private-user-1-mail': 'private-user-{id}-mail',
      'private-2-mail': 'private-{x}-mail',
      'private-2': 'private-{x}',
    }
    for (const order of [patterns, patterns.toReversed()])
      for (const [name, pattern] of Object.entries(first)) expect(matched(order, name)).toMatchObject({ pattern })
  })

  test.each([
    [
      'a longer literal beginning comes before more literal characters',
      'private-aab',
      ['private-a{x}', 'private-{x}ab'],
    ],
    ['equally specific patterns are ordered by their text', 'private-1aba1', ['private-{x}ab{y}', 'private-{x}ba{y}']],
  ])('%s', (_what, name, [first = '', second = '']) => {
    for (const order of [
      [first, second],
      [second, first],
    ])
      expect(matched(order, name)).toMatchObject({ pattern: first })
  })

  test('a parameter ends at the first occurrence of the text behind it', () => {
    const few = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 9 })
    fc.assert(
      fc.property(few, fc.array(few, { minLength: 1, maxLength: 4 }), (needle, parts) => {
        const rest = parts.join('')
        const at = rest.indexOf(needle, 1)
        const y = rest.slice(at + needle.length)
        const result = { pattern: `private-{x}${needle}{y}`, x: rest.slice(0, at), y }
        expect(matched([result.pattern], `private-${rest}`)).toEqual(at === -1 || y === '' ? false : result)
      }),
      { numRuns: 3_000 },
    )
  })

  test('a parameter may have any name', () => {
    const rules = channelRules({
      'private-{__proto__}-{constructor}-{$a$}': ({ params }) => ({ user_id: Object.entries(params).join() }),
    })
    expect(authorize(rules, 'private-1-2-3')).toEqual({ user_id: '__proto__,1,constructor,2,$a$,3' })
  })

  test('`patterns` lists the patterns in the order in which they are tried', () => {
    const rules = channelRules({ 'private-{x}': () => true, 'private-user-{id}': () => true })
    expect(rules.patterns).toEqual(['private-user-{id}', 'private-{x}'])
  })
})

test('matching the most repetitive names is bounded: 20,000 of them take less than 10 seconds', () => {
  // Every literal but the last occurs everywhere; the last almost does.
  const rules = [
    `private-${Array.from({ length: 20 }, (_, i) => `{p${i}}a`).join('')}{p}b{rest}`,
    `private-{x}${'a'.repeat(90)}b{y}`,
    `private-{x}b${'a'.repeat(90)}{y}`,
  ]
  const name = `private-${'a'.repeat(192)}`
  const start = performance.now()
  for (let i = 0; i < 20_000; i++) expect(matched(rules, name)).toBe(false)
  expect(performance.now() - start).toBeLessThan(10_000)
})

describe('channelRules() throws on a pattern that is malformed or matches no channel', () => {
  test.each<[pattern: string, message: RegExp]>([
    ['lobby', /^rule 'lobby' must begin with private- or presence-/],
    ['', /^rule '' must be a channel pattern/],
    ['{kind}-1', /must begin with private- or presence-/],
    ['private-', /add a name behind the prefix/],
    ['presence-', /add a name behind the prefix/],
    ['private-encrypted-', /add a name behind the prefix/],
    ['private-{a}{b}', /two adjacent parameters/],
    ['private-{a}-{a}', /two parameters of the same name/],
    ['private-{a', /matches no channel/],
    ['private-a}', /matches no channel/],
    ['private-{}', /matches no channel/],
    ['private-{a b}', /matches no channel/],
    ['private-user:{id}', /matches no channel/],
    ['private-ａ', /matches no channel/],
    [`private-${'a'.repeat(193)}`, /matches no channel/],
    [`private-{x}${'a'.repeat(192)}`, /matches no channel/],
  ])('%s', (pattern, message) => {
    expect(() => channelRules({ [pattern]: () => false } as never)).toThrow(message)
  })

  test.each<[what: string, make: () => unknown, message: RegExp]>([
    [
      'two patterns of the same shape',
      () => channelRules({ 'private-{a}': () => true, 'private-{b}': () => true }),
      /^'private-\{b\}' conflicts with 'private-\{a\}': both match the same channels\.$/,
    ],
    [
      'the same pattern in two files',
      () => channelRules(channelRules({ 'private-{a}': () => true }), channelRules({ 'private-{a}': () => true })),
      /conflicts with/,
    ],
    [
      'a rule that is no function',
      () => channelRules({ 'private-{a}': true } as never),
      /^rule 'private-\{a\}' must be a function \(received a boolean\)/,
    ],
    ['no table', () => channelRules(null as never), /^rules must be an object/],
    ['an array', () => channelRules([] as never), /^rules must be an object/],
    [
      'a function that channelRules() did not return',
      () => channelRules((() => true) as never),
      /^rules must be an object/,
    ],
  ])('%s', (_what, make, message) => {
    expect(make).toThrow(message)
    expect(make).toThrow(expect.objectContaining({ code: 'invalid_argument' }))
  })
})

describe('a rule', () => {
  test('receives the context of authorize, and the parameters', () => {
    const rules = channelRules({ 'private-user-{id}': (context) => ({ user_id: 'x', user_info: context }) })
    expect(authorize(rules, 'private-user-7')).toMatchObject({
      user_info: {
        socketId: '1.1',
        channel: 'private-user-7',
        kind: 'private',
        user: { id: '1' },
        request: {},
        params: { id: '7' },
      },
    })
  })

  test('may be asynchronous', async () => {
    await expect(authorize(channelRules({ 'private-{x}': async () => true }), 'private-1')).resolves.toBe(true)
  })

  test('may return a denial', () => {
    const denial = deny({ status: 401 })
    expect(authorize(channelRules({ 'private-{x}': () => denial }), 'private-1')).toBe(denial)
  })

  test('of several files can be joined', () => {
    interface User {
      id: string
    }
    const orders = channelRules<User>()({ 'private-order-{id}': () => true })
    const rooms = channelRules<User>()({ 'presence-room-{room}': ({ user }) => ({ user_id: user.id }) })
    const both = channelRules(orders, rooms)
    expect(authorize(both, 'private-order-1')).toBe(true)
    expect(authorize(both, 'presence-room-1')).toEqual({ user_id: '1' })
    expect(authorize(both, 'private-room-1')).toBe(false)
    expect(authorize(channelRules(both), 'private-order-1')).toBe(true)
  })
})

/** Names and patterns of few letters, so that they collide often. */
const letters = fc.constantFrom('a', 'b', '-')
const text = (minLength: number) => fc.string({ unit: letters, minLength, maxLength: 4 })
const prefix = fc.constantFrom('private-', 'presence-', 'private-encrypted-')
const patternText = fc
  .tuple(prefix, text(0), fc.array(text(1), { maxLength: 2 }), text(0))
  .map(([kind, first, between, last]) => {
    const params = between.length + 1
    return (
      kind + first + Array.from({ length: params }, (_, i) => `{p${i}}${i === params - 1 ? last : between[i]}`).join('')
    )
  })
const exactText = fc.tuple(prefix, text(1)).map(([kind, name]) => kind + name)
const anyPattern = fc.oneof(patternText, exactText)
const nameText = fc.tuple(prefix, text(1), text(0), text(0), text(0)).map((parts) => parts.join(''))

/** Tries every way to split the name, with the shortest first parameter first. */
function slowMatch(pattern: string, name: string): Record<string, string> | undefined {
  if (channelKind(name) !== channelKind(pattern.replaceAll(/\{\w+\}/g, 'x'))) return undefined
  const [literal = '', param, rest = ''] = pattern.split(/\{(\w+)\}(.*)/s)
  const from = (pattern: string, name: string): Record<string, string> | undefined => {
    const [literal = '', param, rest = ''] = pattern.split(/\{(\w+)\}(.*)/s)
    if (param === undefined) return pattern === name ? {} : undefined
    if (!name.startsWith(literal)) return undefined
    for (let end = literal.length + 1; end <= name.length; end++) {
      const behind = from(rest, name.slice(end))
      if (behind !== undefined) return { [param]: name.slice(literal.length, end), ...behind }
    }
    return undefined
  }
  return param === undefined && rest === '' && literal === name ? {} : from(pattern, name)
}

describe('properties', () => {
  test('the matcher agrees with a slow and obvious one, for any rules and any name', () => {
    const shapeOf = (pattern: string) => pattern.replaceAll(/\{\w+\}/g, '{}')
    fc.assert(
      fc.property(fc.uniqueArray(anyPattern, { selector: shapeOf, maxLength: 6 }), nameText, (patterns, name) => {
        const literals = (pattern: string) => pattern.replaceAll(/\{\w+\}/g, '').length
        const beginning = (pattern: string) => pattern.split('{', 1)[0]?.length ?? 0
        const [best] = patterns
          .filter((pattern) => slowMatch(pattern, name) !== undefined)
          .sort(
            (a, b) => beginning(b) - beginning(a) || literals(b) - literals(a) || (shapeOf(a) < shapeOf(b) ? -1 : 1),
          )
        expect(matched(patterns, name)).toEqual(
          best === undefined ? false : { pattern: best, ...slowMatch(best, name) },
        )
      }),
      { numRuns: 5_000 },
    )
  })

  test('a pattern comes before every pattern that matches all of its channels and more', () => {
    fc.assert(
      fc.property(anyPattern, anyPattern, fc.array(nameText, { minLength: 1, maxLength: 30 }), (one, other, names) => {
        // No literal has an X: if `other` matches this name, it matches every name that `one` matches.
        const widest = one.replaceAll(/\{\w+\}/g, 'XX')
        const isPart = slowMatch(other, widest) !== undefined
        if (!isPart || slowMatch(one, other.replaceAll(/\{\w+\}/g, 'XX')) !== undefined) return
        for (const name of [widest, ...names])
          if (slowMatch(one, name) !== undefined) expect(matched([other, one], name)).toMatchObject({ pattern: one })
      }),
      { numRuns: 5_000 },
    )
  })

  test('channelName() and the matcher are inverse functions', () => {
    fc.assert(
      fc.property(patternText, fc.array(text(1), { minLength: 3, maxLength: 3 }), nameText, (pattern, values, name) => {
        const names = [...pattern.matchAll(/\{(\w+)\}/g)].map(([, param]) => param as string)
        const params = Object.fromEntries(names.map((param, index) => [param, values[index]]))
        let made: string | undefined
        try {
          made = channelName(pattern as string, params as never)
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError)
        }
        if (made !== undefined) expect(matched([pattern], made)).toEqual({ pattern, ...params })
        const read = slowMatch(pattern, name)
        if (read !== undefined) expect(channelName(pattern as string, read as never)).toBe(name)
      }),
      { numRuns: 5_000 },
    )
  })
})
