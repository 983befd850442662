import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** The `imports` of core's package.json name what was built; its own tests run its source. */
const coreImports = {
  '#diagnostics': 'packages/core/src/hooks/diagnostics-node.ts',
  '#primitives': 'packages/core/src/crypto/node-all.ts',
  '#tls': 'packages/core/src/transport/tls-node.ts',
  '#transport': 'packages/core/src/transport/undici.ts',
}

export default defineConfig({
  test: {
    projects: [...readdirSync('packages').map((name) => project(name, `packages/${name}`)), project('whole', 'test')],
    reporters: ['dot', './test/count-reporter.ts'],
    pool: 'threads',
    maxWorkers: 2,
    // Each file cleans up behind itself; a worker for each would cost as much as the tests.
    isolate: false,
    experimental: { fsModuleCache: true },
  },
})

function project(name: string, root: string) {
  const alias = Object.entries(name === 'core' ? coreImports : {}).map(([find, file]) => ({
    find,
    replacement: fileURLToPath(new URL(file, import.meta.url)),
  }))
  return {
    extends: true as const,
    resolve: { alias },
    test: { name, root, include: ['**/test/**/*.test.ts', '*.test.ts'], testTimeout: 30_000 },
  }
}
