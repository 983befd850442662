import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  // A package's tests run its source; `#transport` in its package.json names what was built.
  resolve: { alias: { '#transport': fileURLToPath(new URL('packages/core/src/send/undici.ts', import.meta.url)) } },
  test: {
    projects: [...readdirSync('packages').map((name) => project(name, `packages/${name}`)), project('whole', 'test')],
    reporters: ['dot'],
    pool: 'threads',
    maxWorkers: 2,
    // Each file cleans up behind itself; a worker for each would cost as much as the tests.
    isolate: false,
    experimental: { fsModuleCache: true },
  },
})

function project(name: string, root: string) {
  return {
    extends: true as const,
    test: { name, root, include: ['**/test/**/*.test.ts', '*.test.ts'], testTimeout: 10_000 },
  }
}
