import { describe, expect, test } from 'vitest'
import { vectors } from '../../../packages/core/test/vectors/primitives.ts'
import { runtimeOfProject, startProcess } from './remote.ts'
import { startServiceWorker } from './service-worker.ts'

/** Runs core's vectors on the project's runtime. */
export async function runVectors(): Promise<void> {
  const start = runtimeOfProject().host === 'service-worker' ? startServiceWorker : startProcess
  const remote = await start('vectors')
  const faults = (await remote.order({ do: 'vectors' }).finally(() => remote.stop())) as Record<string, string>

  describe('vectors', () => {
    test('every vector ran', () =>
      expect(Object.keys(faults)).toEqual(expect.arrayContaining(vectors.map(({ name }) => name))))
    for (const [name, fault] of Object.entries(faults)) test(name, () => expect(fault).toBe(''))
  })
}
