import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { BaseSequencer } from 'vitest/node'
import { sources } from './sources.mjs'

/** Runs the files in the order in which they are given: the likeliest to fail comes first. */
class AsGiven extends BaseSequencer {
  async sort(files) {
    return files
  }
}

export default defineConfig({
  cacheDir: fileURLToPath(new URL('../../node_modules/.cache/mutate', import.meta.url)),
  resolve: {
    alias: [...sources].map(([name, replacement]) => ({ find: new RegExp(`^${name}$`), replacement })),
  },
  test: {
    root: fileURLToPath(new URL('../../packages', import.meta.url)),
    include: ['core/test/*.test.ts', 'conformance/test/handlers.test.ts'],
    setupFiles: [fileURLToPath(new URL('setup.mjs', import.meta.url))],
    testTimeout: 10_000,
    pool: 'threads',
    maxWorkers: 1,
    isolate: false,
    reporters: [{}],
    sequence: { sequencer: AsGiven },
  },
})
