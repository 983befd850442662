import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

/** Bytes of the code that a bundler adds to a page for one line of the app's, minified and gzipped. */
async function added(code: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: code, loader: 'ts', resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
  })
  const { contents } = outputFiles[0] ?? { contents: new Uint8Array() }
  return contents.length === 0 ? 0 : gzipSync(contents).length
}

test('types alone add nothing to the page', async () => {
  expect(
    await added("import type { TypedPusher } from '@pingerchips/client'\nexport type T = TypedPusher<never>"),
  ).toBe(0)
})

test('batchAuthorization adds at most 1 kB', async () => {
  const bytes = await added("export { batchAuthorization } from '@pingerchips/client'")
  expect(bytes).toBeGreaterThan(200)
  expect(bytes).toBeLessThanOrEqual(1000)
})

test('everything adds at most 2 kB, and no schema library', async () => {
  expect(await added("export * from '@pingerchips/client'")).toBeLessThanOrEqual(2000)
})
