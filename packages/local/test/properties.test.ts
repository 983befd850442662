import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { startLocal } from '../src/index.ts'
import { signatureVerifier } from '../src/protocol/credentials.ts'

/** More by `npm run fuzz`, where core's properties have the most of them. A failure says its seed. */
const cases = Number(process.env.FUZZ_CASES ?? 100_000)
const seed = process.env.FUZZ_SEED === undefined ? {} : { seed: Number(process.env.FUZZ_SEED) }

const optionName = fc.constantFrom(
  ...[
    'port',
    'apps',
    'origins',
    'now',
    'eventsPerSecond',
    'activityTimeout',
    'pongTimeout',
    'host',
    'tls',
    'webhooks',
    'memberLimit',
  ],
  ...['id', 'key', 'secret', 'token', 'length'],
)
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    fc.anything(),
    fc.constantFrom<unknown>('a', 0, 1, -1, 65_536, 'null', 'https://a.test', () => 1, {
      id: 'a',
      key: 'b',
      secret: 'c',
    }),
    fc.dictionary(optionName, tie('tree'), { maxKeys: 3 }),
    fc.array(tie('tree'), { maxLength: 2 }),
  ),
}))

describe('properties', () => {
  test(
    'for anything as options, startLocal starts or says what is wrong with them',
    async () => {
      const ports = (options: unknown) => Object(options).port
      await fc.assert(
        fc.asyncProperty(tree, async (options) => {
          // A port of the system's own choice, so that none is taken.
          if (Number.isInteger(ports(options)) && ports(options) > 0) return
          try {
            const service = await startLocal(options as object)
            await service.close()
          } catch (error) {
            expect(error).toBeInstanceOf(TypeError)
            expect((error as Error).message).toMatch(/^startLocal: /)
          }
        }),
        { numRuns: Math.ceil(cases / 200), ...seed },
      )
    },
    20_000 + cases,
  )

  test(
    'a signature is verified without an exception, whatever it is',
    () => {
      const verify = signatureVerifier('secret')
      const text = fc.oneof(fc.string(), fc.uint8Array({ maxLength: 20 }))
      fc.assert(
        fc.property(
          fc.oneof(
            fc.anything(),
            fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEFg'), minLength: 63, maxLength: 65 }),
          ),
          fc.array(text, { maxLength: 3 }),
          (signature, parts) => verify(signature, ...parts) === false,
        ),
        { numRuns: Math.ceil(cases / 50), ...seed },
      )
    },
    20_000 + cases,
  )
})
