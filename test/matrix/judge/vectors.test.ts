import { describe, expect, test } from 'vitest'
import { vectors } from '../../../packages/core/test/vectors/primitives.ts'
import { runtimeOfProject, startElsewhere } from './elsewhere.ts'
import { startServiceWorker } from './service-worker.ts'

const start = runtimeOfProject().host === 'service-worker' ? startServiceWorker : startElsewhere
const there = await start('vectors')
const faults = (await there.order({ do: 'vectors' }).finally(() => there.stop())) as Record<string, string>

describe('vectors', () => {
  test('ran, every one', () =>
    expect(Object.keys(faults)).toEqual(expect.arrayContaining(vectors.map(({ name }) => name))))
  for (const [name, fault] of Object.entries(faults)) test(name, () => expect(fault).toBe(''))
})
