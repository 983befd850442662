import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { getHashServer as theirs } from '@walkeros/server-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { getHashServer } from '../src/index.ts'

test('gives, for 10,000 random texts and lengths, what @walkeros/server-core gives', async () => {
  const inputs = fc.array(
    fc.tuple(fc.string({ unit: 'binary', maxLength: 20 }), fc.option(fc.nat(80), { nil: undefined })),
    {
      minLength: 100,
      maxLength: 100,
    },
  )
  await fc.assert(
    fc.asyncProperty(inputs, async (texts) => {
      const ours = await Promise.all(texts.map(([text, length]) => getHashServer(text, length)))
      assert.deepEqual(ours, await Promise.all(texts.map(([text, length]) => theirs(text, length))))
    }),
    { numRuns: 100 },
  )
})

test.each([[undefined], [null], [1], [['a']], [{}]])('refuses %j', async (value) => {
  await expect(getHashServer(value as unknown as string)).rejects.toThrow(/^str must be a string \(received /)
})

test.each([[-1], [1.5], [Number.NaN], ['8']])('refuses the length %j', async (length) => {
  await expect(getHashServer('a', length as number)).rejects.toThrow(/^length must be/)
})

test('gives for md5 what @walkeros/server-core gives', async () => {
  for (const [text, length] of [
    ['', undefined],
    ['hello', 8],
    ['ü☃', 64],
  ] as const)
    expect(await getHashServer(text, length, { algorithm: 'md5' })).toBe(
      await theirs(text, length, { algorithm: 'md5' }),
    )
})

test.each(['sha1', 'sha384', 'sha512'] as const)('computes %s as node:crypto does', async (algorithm) => {
  expect(await getHashServer('hello', undefined, { algorithm })).toBe(
    createHash(algorithm).update('hello').digest('hex'),
  )
})

test.each(['sha-256', 'SHA256', 'toString', '', null, 5])('refuses the algorithm %j', async (algorithm) => {
  await expect(getHashServer('a', 8, { algorithm: algorithm as never })).rejects.toThrow(
    'options.algorithm must be one of sha256, md5, sha1, sha384, sha512',
  )
})

test('refuses a misspelt option', async () => {
  await expect(getHashServer('a', 8, { algoritm: 'md5' } as never)).rejects.toThrow(
    "Unknown option 'algoritm'. Did you mean 'algorithm'?",
  )
})
