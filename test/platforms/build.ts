import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build as bundle } from 'esbuild'
import { type Running, startInBackground } from '../child.ts'
import type { Packed } from '../packages/pack.ts'
import { freePort } from '../serve.ts'
import type { Platform, Start } from './platforms.ts'

const own = fileURLToPath(new URL('.', import.meta.url))
const variables = ['APP_ID', 'APP_KEY', 'APP_SECRET', 'ENDPOINT'].map((name) => `PINGERCHIPS_${name}`)

/** An app that was built for a platform. */
export interface Built {
  readonly folder: string
  /** What the build wrote. */
  readonly output: string
}

/**
 * Installs the packed packages and a platform's own into an empty folder, and builds its app without the app's secrets.
 * @throws {Error} with the output, if the build fails
 */
export async function build(packed: readonly Packed[], { packages, app, files = {}, build }: Platform): Promise<Built> {
  const folder = mkdtempSync(join(tmpdir(), 'pingerchips-platform-'))
  cpSync(join(own, 'apps', app), folder, { recursive: true })
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text)
  const tarballs: Record<string, string> = {}
  for (const one of packed.filter(({ folder }) => folder === 'core' || folder === 'h3')) {
    writeFileSync(join(folder, `${one.folder}.tgz`), one.tarball)
    tarballs[one.manifest.name] = `file:${one.folder}.tgz`
  }
  const dependencies = { '@pingerchips/core': tarballs['@pingerchips/core'], ...packages }
  if ('h3' in packages) Object.assign(dependencies, tarballs)
  // Next.js reads its own files as CommonJS or ES modules by itself.
  const type = app === 'next' ? {} : { type: 'module' }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, ...type, dependencies }))
  const npm = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline', '--loglevel=error']
  await promisify(execFile)('npm', npm, { cwd: folder, timeout: 300_000 })
  const env = { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', NUXT_TELEMETRY_DISABLED: '1' }
  const { stdout, stderr } = await promisify(execFile)(process.execPath, build, {
    cwd: folder,
    env,
    timeout: 300_000,
    maxBuffer: 2 ** 24,
  }).catch((error: Error & { stdout?: string; stderr?: string }) => {
    throw new Error(`${error.message}\n${error.stdout ?? ''}${error.stderr ?? ''}`)
  })
  return { folder, output: stdout + stderr }
}

/** Starts what was built, as in production. @returns its URL, and what stops it */
export async function start(
  { folder }: Built,
  how: Start,
  env: Readonly<Record<string, string>>,
): Promise<{ readonly url: string } & Pick<Running, 'stop'>> {
  const port = String(await freePort())
  const [command, ...args] =
    how.by === 'worker' ? await workerd(folder, how.file, port) : [process.execPath, ...argsOfNode(folder, how, port)]
  const listen = { PORT: port, HOST: '127.0.0.1', NITRO_PORT: port, NITRO_HOST: '127.0.0.1' }
  const { stop } = startInBackground({ command: command as string, args, cwd: folder, env: { ...env, ...listen } })
  return { url: `http://127.0.0.1:${port}`, stop }
}

function argsOfNode(folder: string, how: Exclude<Start, { by: 'worker' }>, port: string): readonly string[] {
  if (how.by === 'fetch') return [join(own, 'serve-fetch.mjs'), join(folder, how.file)]
  return how.args.map((argument) => (argument === 'PORT' ? port : argument))
}

/** A Worker of one file, as wrangler uploads it: without a Node.js compatibility flag. */
async function workerd(folder: string, file: string, port: string): Promise<readonly string[]> {
  await bundle({
    absWorkingDir: folder,
    entryPoints: [file],
    outfile: 'worker.js',
    bundle: true,
    format: 'esm',
    conditions: ['workerd'],
    external: ['node:*', 'cloudflare:*'],
    logLevel: 'silent',
  })
  const bindings = variables.map((name) => `(name = "${name}", fromEnvironment = "${name}")`)
  writeFileSync(
    join(folder, 'workerd.capnp'),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "app", worker = .app), (name = "internet", network = (allow = ["public", "local"]))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "app")],
);
const app :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "2025-11-01",
  bindings = [${bindings.join(', ')}],
);`,
  )
  const example = new URL('../../examples/hono-workers/package.json', import.meta.url)
  const { default: binary } = createRequire(example)('workerd')
  return [binary, 'serve', 'workerd.capnp']
}
