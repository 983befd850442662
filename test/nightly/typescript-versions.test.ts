import { rmSync } from 'node:fs'
import { frameworks } from '@pingerchips/conformance/frameworks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compile, compileAlone, makeConsumer } from '../packages/consumer.ts'
import { packAll, published } from '../packages/pack.ts'

/** Milliseconds: a compiler takes five seconds, and two minutes on a loaded machine. */
const patience = 600_000
let consumer: string

beforeAll(async () => {
  consumer = makeConsumer(await packAll(), 'newest')
}, patience)
afterAll(() => rmSync(consumer, { recursive: true, force: true }))

// Two at a time, each on a core.
test.concurrent.each(['typescript5.4', 'typescript5.9', 'typescript6', 'typescript7'])(
  'a project compiles with %s, declarations included',
  async (typescript) => {
    const isFaulty = ({ faultyTypes }: (typeof frameworks)[number]) =>
      faultyTypes === 'in every TypeScript' || (faultyTypes !== undefined && typescript === 'typescript5.4')
    const faulty = frameworks.filter(isFaulty).map(({ folder }) => folder)
    for (const resolution of ['nodenext', 'bundler'] as const) {
      const errors = await compile(consumer, typescript, resolution, published)
      expect(errors).toEqual(await compileAlone(consumer, typescript, resolution, faulty))
    }
  },
  patience,
)
