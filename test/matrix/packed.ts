import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { frameworks } from '@pingerchips/conformance/frameworks'
import type { Runtime } from './runtimes.ts'

const execute = promisify(execFile)

/** Packs every package that is published. @returns the tarballs, by their packages' names */
export async function pack(root: string, into: string): Promise<Record<string, string>> {
  await mkdir(into)
  const args = ['--yes', 'pnpm@12.21.0', '-r', '--filter', './packages/*', 'pack', '--pack-destination', into]
  await execute('npx', args, { cwd: root, timeout: 120_000 })
  const names = (await readdir(into)).map((file): [string, string] => [
    file.replace(/^pingerchips-([a-z][a-z\d]*)-.*$/, '@pingerchips/$1'),
    join(into, file),
  ])
  return Object.fromEntries(names.filter(([name]) => name !== '@pingerchips/conformance'))
}

/** The frameworks and the suite's parsers, in the versions that the packages' own tests run. */
async function frameworkPackages(root: string): Promise<Record<string, string>> {
  const wanted: readonly (readonly [folder: string, name: string])[] = [
    ['packages/conformance', '@hono/node-server'],
    ...frameworks.flatMap(({ folder, imports }) => imports.map((name) => [`packages/${folder}`, name] as const)),
  ]
  return Object.fromEntries(
    await Promise.all(
      wanted.map(async ([folder, alias]) => {
        const text = await readFile(join(root, folder, 'node_modules', alias, 'package.json'), 'utf8')
        const { name, version } = JSON.parse(text) as { name: string; version: string }
        return [alias, name === alias ? version : `npm:${name}@${version}`]
      }),
    ),
  )
}

/** Installs the tarballs, the frameworks and a runtime into an empty folder, as their user would. */
export async function install(
  root: string,
  folder: string,
  tarballs: Readonly<Record<string, string>>,
  { packages }: Runtime,
): Promise<void> {
  await mkdir(folder)
  const files = Object.entries(tarballs).map(([name, file]) => [name, `file:${file}`])
  const dependencies = { ...Object.fromEntries(files), ...(await frameworkPackages(root)), ...packages }
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }))
  const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline', '--loglevel=error']
  await execute('npm', args, { cwd: folder, timeout: 300_000 })
}
