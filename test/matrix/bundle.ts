import { basename, dirname, join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { programFile, programs, type Runtime, reasonAgainst, workerApps } from './runtimes.ts'

/** Resolves the apps' imports of this repository's packages to the installed packages. */
const installed = (root: string): Plugin => ({
  name: 'installed',
  setup(build) {
    build.onResolve({ filter: /^\.\.\/src\/index\.ts$/ }, ({ importer }) => ({
      path: `@pingerchips/${basename(dirname(dirname(importer)))}`,
      external: true,
    }))
    build.onResolve({ filter: /core\/src\/crypto\/node\.ts$/ }, () => ({ path: '#primitives', external: true }))
    build.onResolve({ filter: /^@pingerchips\/conformance\// }, ({ path }) => ({
      path: join(root, 'packages/conformance/src', `${basename(path)}.ts`),
    }))
  },
})

/** Writes the programs that a runtime can run into its folder, as JavaScript that imports the installed packages. */
export async function bundle(root: string, folder: string, runtime: Runtime): Promise<void> {
  const { host, conditions } = runtime
  for (const program of programs) {
    if (reasonAgainst(runtime, program) !== undefined) continue
    const outfile = join(folder, programFile(program.id))
    await build({
      stdin: {
        contents: entry(join(root, program.file), host),
        resolveDir: join(root, 'test/matrix/programs'),
        sourcefile: 'entry.ts',
        loader: 'ts',
      },
      bundle: true,
      format: 'esm',
      platform: 'neutral',
      packages: 'external',
      plugins: [installed(root)],
      outfile,
      logLevel: 'error',
    })
    if (conditions === undefined) continue
    // As wrangler does it, and as a bundler does for browsers: all in one file.
    await build({
      entryPoints: [outfile],
      bundle: true,
      format: 'esm',
      conditions: [...conditions],
      external: ['node:*'],
      outfile: join(folder, `${program.id}.bundle.js`),
      logLevel: 'error',
    })
  }
}

function entry(file: string, host: Runtime['host']): string {
  const imported = `import * as program from ${JSON.stringify(file)}\n`
  if (host === 'service-worker') return `${imported}import { run } from './in-service-worker.ts'\nrun(program)`
  if (host !== 'workerd') return `${imported}import { run } from './on-${host}.ts'\nrun(program)`
  const apps = Array.from({ length: workerApps }, (_, index) => `export const app${index} = entrypoints.app(${index})`)
  return `${imported}import { Entrypoints } from './on-workerd.ts'
const entrypoints = new Entrypoints(program)
export default entrypoints.control
${apps.join('\n')}`
}
