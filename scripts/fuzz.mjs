// The hostile suite at length: FUZZ malformed connections to each framework's server, FUZZ_CASES cases of properties.
// A failure says its seed: FUZZ_SEED=… npm run fuzz tries the same again.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const { status } = spawnSync(
  process.execPath,
  [
    fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url)),
    'run',
    '--config',
    'vitest.workspace.ts',
    '--testNamePattern',
    'malformed HTTP|properties',
    'conformance.test',
    'handlers.test',
    'properties.test',
  ],
  {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: 'inherit',
    env: { FUZZ: '200000', FUZZ_CASES: '10000000', ...process.env },
  },
)
process.exit(status ?? 1)
