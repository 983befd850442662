import { badBody, badChannel, badSocket, batch, grantedInBatch, noUser, refusedOrBatch } from './expectations.ts'
import { asForm, asFormRow, asJson, asJsonRow, behindForm, join } from './requests.ts'
import type { Expectation, Row } from './row.ts'

export type BatchThreat = 'batches of channels'

const inBatchOf1 = grantedInBatch('private-true', '1.1')
/** A repeated channel_name, merged by a parser. */
export const repeatedChannel: Expectation = refusedOrBatch({
  'private-true': inBatchOf1,
  'private-user-bob': { status: 403 },
})

/** Lists of text in JSON are batches: their names are well-formed, so each has a status of its own. */
export const listsOfText: ReadonlyMap<string, Expectation> = new Map([
  ['["1.1"]', { ...batch({ '1.1': { status: 400 } }), authorize: null }],
  ['["1.1","private-b"]', batch({ '1.1': { status: 400 }, 'private-b': { status: 403 } })],
])

/** A numbered field is a batch everywhere; empty brackets are one behind a parser that makes an array of them. */
export function numbered(key: string): [Expectation, Partial<Row>?] {
  const one = { 'private-true': inBatchOf1 }
  if (key === '[0]') return [batch(one)]
  return key === '[]' ? [badChannel, { ...behindForm(refusedOrBatch(one)) }] : [badChannel]
}

/** qs makes an array without gaps of the numbered fields that it takes for indices. */
function compacted(index: string): Expectation {
  const bob = { 'private-user-bob': { status: 403 } }
  return refusedOrBatch(index.startsWith('0]') ? { 'private-true': inBatchOf1, ...bob } : bob)
}

const batchForm = (channels: readonly string[]) =>
  asForm({
    socket_id: '1.1',
    ...Object.fromEntries(channels.map((name, index) => [`channel_name[${index}]`, name])),
  })

/** Batches that hide a channel, repeat one, or have too many. */
export const batchAttacks: Readonly<Record<BatchThreat, readonly Row[]>> = {
  'batches of channels': [
    ...(
      [
        ['101 channels', Array.from({ length: 101 }, (_, n) => `private-${n}`)],
        ['a channel twice', ['private-true', 'private-true']],
        ['a name with a colon', ['private-true', 'private-user-bob:x']],
        ['a name with a line end', ['private-true', 'private-user-bob\n']],
        ['an empty name', ['private-true', '']],
        ['a name of 201 characters', ['private-true', `private-${'a'.repeat(193)}`]],
      ] as const
    ).flatMap(([name, channels]): Row[] => [
      asJsonRow(name, asJson(join(channels)), badChannel),
      asFormRow(name, batchForm(channels), badChannel),
    ]),
    ...(
      [
        ['a list in a list', ['private-true', ['private-user-bob']]],
        ['null', ['private-true', null]],
        ['an object with a toString', ['private-true', { toString: 'private-user-bob' }]],
        ['an object in the place of a list', { 0: 'private-true', length: 1 }],
      ] as const
    ).map(([name, value]) => asJsonRow(name, asJson(join(value)), badChannel)),
    ...['0]=private-true&channel_name[2', '1', '-1', '01', '1e0', '0x0', ' 0', '1000', '__proto__'].map((index) =>
      asFormRow(`index ${index}`, `socket_id=1.1&channel_name[${index}]=private-user-bob`, badChannel, {
        ...behindForm(compacted(index)),
      }),
    ),
    asFormRow('one index twice', 'socket_id=1.1&channel_name[0]=private-true&channel_name[0]=private-false', badBody, {
      ...behindForm(refusedOrBatch({ 'private-true': inBatchOf1, 'private-false': { status: 403 } })),
    }),
    asFormRow('a malformed socket id', 'socket_id=1.1:x&channel_name[0]=private-true', badSocket),
    { ...asJsonRow('without a user', asJson(join(['private-true'])), noUser), user: null },
    asJsonRow(
      'names of the prototype',
      asJson(join(['__proto__', 'constructor', 'private-__proto__', 'private-user-bob'])),
      batch({
        ['__proto__']: { status: 400 },
        constructor: { status: 400 },
        'private-__proto__': { status: 403 },
        'private-user-bob': { status: 403 },
      }),
    ),
    asJsonRow(
      'another user beside oneself',
      asJson(join(['private-user-alice', 'private-user-bob'])),
      batch({ 'private-user-alice': grantedInBatch('private-user-alice'), 'private-user-bob': { status: 403 } }),
    ),
  ],
}
