import { fileURLToPath } from 'node:url'

const files = {
  '@pingerchips/core': 'index.ts',
  '@pingerchips/core/adapter': 'adapter.ts',
  '@pingerchips/core/fetch': 'fetch.ts',
  '@pingerchips/core/node': 'node.ts',
  '@pingerchips/conformance': '../../conformance/src/index.ts',
  '@pingerchips/conformance/app': '../../conformance/src/app.ts',
  '@pingerchips/conformance/fetch': '../../conformance/src/fetch.ts',
  '#diagnostics': 'observe/diagnostics-node.ts',
  '#primitives': 'primitives/node.ts',
  '#tls': 'send/tls-node.ts',
  '#transport': 'send/undici.ts',
}

/** What is mutated is core's source: what elsewhere runs what was built runs this, by the name that it imports. */
export const sources = new Map(
  Object.entries(files).map(([name, file]) => [
    name,
    fileURLToPath(new URL(`../../packages/core/src/${file}`, import.meta.url)),
  ]),
)
