import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/**
 * Tests in tiers. `npm test` runs `unit:…`. `npm run test:all` adds `extended:…` (minimum versions of the
 * frameworks, faults, overload, properties) and `integration`, the tests of test/. `npm run test:nightly` runs `nightly` and more.
 */
const extended = ['minimum-versions', 'faults', 'overload', 'properties'].map((name) => `**/test/**/${name}.test.ts`)

/** The `imports` of core's package.json name built files; its own tests run its source. */
const coreImports = {
  '#diagnostics': 'packages/core/src/hooks/diagnostics-node.ts',
  '#primitives': 'packages/core/src/crypto/node.ts',
  '#tls': 'packages/core/src/transport/tls-node.ts',
  '#network': 'packages/core/src/http-api/network.ts',
  '#features': 'packages/core/src/auth/features.ts',
  '#transport': 'packages/core/src/transport/undici.ts',
}

const packages = readdirSync('packages').filter((name) => existsSync(`packages/${name}/test`))

export default defineConfig({
  test: {
    projects: [
      ...packages.map((name) => project(`unit:${name}`, `packages/${name}`, { exclude: extended })),
      ...packages.map((name) => project(`extended:${name}`, `packages/${name}`, { include: extended })),
      // restify and @hono/node-server replace parts of Node: each file has a worker of its own.
      project('integration', 'test', { exclude: ['nightly/**'], isolate: true }),
      project('nightly', 'test/nightly', {}),
    ],
    reporters: ['dot'],
    pool: 'threads',
    maxWorkers: 2,
    // Each file cleans up behind itself. A worker for each would cost as much as the tests.
    isolate: false,
    experimental: { fsModuleCache: true },
  },
})

function project(
  name: string,
  root: string,
  { include, exclude, isolate = false }: { include?: string[]; exclude?: string[]; isolate?: boolean },
) {
  const alias = Object.entries(root === 'packages/core' ? coreImports : {}).map(([find, file]) => ({
    find,
    replacement: fileURLToPath(new URL(file, import.meta.url)),
  }))
  return {
    extends: true as const,
    resolve: { alias },
    test: {
      name,
      root,
      include: include ?? ['**/test/**/*.test.ts', '*.test.ts'],
      exclude: ['**/node_modules/**', '**/.generated*/**', ...(exclude ?? [])],
      testTimeout: 30_000,
      isolate,
    },
  }
}
