import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compile, type Mode, makeConsumer, modesOf } from '../packages/consumer.ts'
import { packAll, published } from '../packages/pack.ts'

/** Milliseconds: a compiler takes five seconds, and two minutes on a loaded machine. */
const patience = 600_000
/** Projects by their package.json's `type`. */
let consumers: Record<Mode['type'], string>

beforeAll(async () => {
  const packed = await packAll()
  consumers = { module: makeConsumer(packed, 'newest'), commonjs: makeConsumer(packed, 'newest-commonjs') }
}, patience)
afterAll(() => {
  for (const folder of Object.values(consumers)) rmSync(folder, { recursive: true, force: true })
})

describe.each(Object.entries(modesOf))('a project compiles with %s, declarations included', (typescript, modes) => {
  // Two at a time, each on a core.
  test.concurrent.each(modes)(
    'by module $module and moduleResolution $moduleResolution in a package of type $type',
    async (mode) => {
      expect(await compile(consumers[mode.type], typescript, mode, published)).toEqual([])
    },
    patience,
  )
})
