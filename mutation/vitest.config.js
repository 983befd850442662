import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

const root = process.cwd()
const { imports = {} } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** The tests of the package in whose folder Stryker runs, on its source. */
export default defineConfig({
  resolve: {
    alias: Object.entries(imports).map(([find, { node }]) => ({
      find,
      replacement: join(root, node.default.replace('dist/', 'src/').replace(/js$/, 'ts')),
    })),
  },
  test: {
    root,
    include: ['test/**/*.test.ts'],
    // They start processes, which run what was built, or take minutes.
    exclude: ['**/minimum-versions.test.ts', '**/faults.test.ts', '**/mtls.test.ts'],
    testTimeout: 30_000,
    isolate: false,
  },
})
