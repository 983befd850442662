import assert from 'node:assert/strict'
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
  await expect(getHashServer(value as unknown as string)).rejects.toThrow(/^str must be a string \(got /)
})

test.each([[-1], [1.5], [Number.NaN], ['8']])('refuses the length %j', async (length) => {
  await expect(getHashServer('a', length as number)).rejects.toThrow(/^length must be/)
})
