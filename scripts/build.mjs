// Type-checks everything and writes the declarations (tsc), then bundles each published package as ES modules and as
// CommonJS (rolldown). tsdown, which wraps rolldown, needs a newer Node than the oldest one that this repository supports.
// With --no-types nothing is checked and no TypeScript is needed: what `npm start` runs.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, isAbsolute, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { transformSync } from 'rolldown/utils'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Dependencies that have ES modules alone. The CommonJS build contains them; its declarations import their types. */
const esmOnly = /^(jose|h3|hono|@noble\/[^/]+)(\/|$)/

const hasTypes = !process.argv.includes('--no-types')
const packages = foldersIn('packages').filter((folder) => !manifestOf(folder).private)

if (hasTypes) {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { status } = spawnSync(process.execPath, [tsc, '-b'], { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(1)
} else {
  for (const folder of packages) transpile(folder, sourcesOf(folder).apart)
  for (const folder of foldersIn('examples'))
    if (existsSync(join(folder, 'src'))) transpile(folder, sourcesOf(folder).own)
}
await Promise.all(packages.map(buildPackage))

function foldersIn(parent) {
  return readdirSync(join(root, parent)).map((name) => join(root, parent, name))
}

/** Removes the types of single files, as tsc does. */
function transpile(folder, names) {
  const typescript = { rewriteImportExtensions: 'rewrite', onlyRemoveTypeImports: true }
  for (const name of names) {
    const { code, errors } = transformSync(`${name}.ts`, readFileSync(sourceOf(folder, name), 'utf8'), { typescript })
    if (errors.length > 0) throw new AggregateError(errors, `${folder}: ${name}.ts`)
    writeChanged(join(folder, 'dist', `${name}.js`), code)
  }
}

/** Writes only what has changed: another process may be loading the last build. */
function writeChanged(file, text) {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

async function buildPackage(folder) {
  const dist = join(folder, 'dist')
  const scripts = await Promise.all([bundle(folder, 'esm', 'js'), ...(hasTypes ? [bundle(folder, 'cjs', 'cjs')] : [])])
  const files = new Map([...scripts.flat(), ...(hasTypes ? declarations(folder) : [])])
  for (const [name, text] of files) writeChanged(join(dist, name), text)
  if (!hasTypes) return
  const kept = new Set([...files.keys(), ...sourcesOf(folder).apart.map((name) => `${name}.js`)])
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name)
    if (entry.isFile() && !kept.has(relative(dist, file).replaceAll('\\', '/'))) rmSync(file)
  }
}

/** @returns every file of one format, as pairs of its name and text */
async function bundle(folder, format, extension) {
  const { exports, imports, bin } = manifestOf(folder)
  const exported = sourcesNamedBy(folder, exports, extension)
  const selected = sourcesNamedBy(folder, imports ?? {}, extension)
  const build = await rolldown({
    cwd: folder,
    input: { ...exported, ...selected, ...sourcesNamedBy(folder, bin ?? {}, extension) },
    platform: 'node',
    // What `imports` of package.json selects is selected by the runtime, or by the bundler of the app.
    external: (id) => /^[^./]/.test(id) && !isAbsolute(id) && !(format === 'cjs' && esmOnly.test(id)),
  })
  const { output } = await build.generate({
    format,
    exports: 'named',
    entryFileNames: `[name].${extension}`,
    chunkFileNames: `[name]-[hash].${extension}`,
    // Jest cannot load `import()` without a flag of Node.
    dynamicImportInCjs: false,
    comments: { jsdoc: false },
    // What the exported entries share is one file: many small ones take longer to load. What is selected by `imports` is
    // imported by that file, so that what both need is another one: there must be no circle.
    codeSplitting: {
      groups: [
        {
          debugName: 'base',
          name: (id, graph) => (isImportedBy(selected, id, graph) && isImportedBy(exported, id, graph) ? 'base' : null),
          priority: 1,
        },
        {
          debugName: 'shared',
          name: (id, graph) => (isImportedBy(exported, id, graph) ? 'shared' : null),
          minShareCount: 2,
        },
      ],
    },
  })
  await build.close()
  return [...output.map(({ fileName, code }) => [fileName, code]), ...licenses(folder, output)]
}

/** The licenses of the packages whose code a build contains, which each of them asks to keep. */
function licenses(folder, output) {
  const modules = output.flatMap(({ moduleIds }) => moduleIds).map((id) => id.replaceAll('\\', '/'))
  const roots = new Set(modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(id) ?? []))
  if (roots.size === 0) return []
  const texts = [...roots].sort().map((path) => {
    const file = readdirSync(path).find((name) => /^licen[cs]e/i.test(name))
    if (file === undefined) throw new Error(`${relative(folder, path)} has no license file`)
    return `${manifestOf(path).name}\n\n${readFileSync(join(path, file), 'utf8').trim()}\n`
  })
  return [['THIRD-PARTY-LICENSES', `The CommonJS build contains code of these packages.\n\n${texts.join('\n---\n\n')}`]]
}

/** Whether one of the entries imports the module, directly or not, other than by `import()`. */
function isImportedBy(entries, id, graph, seen = new Set()) {
  if (seen.has(id)) return false
  seen.add(id)
  const importers = [...graph.getModuleInfo(id).importers]
  const files = Object.values(entries)
  return importers.some((importer) => files.includes(importer) || isImportedBy(entries, importer, graph, seen))
}

/** The sources of the files that a part of package.json names, by their names without the extension. */
function sourcesNamedBy(folder, part, extension) {
  const files = JSON.stringify([part]).matchAll(/"\.\/dist\/([^"]+)\.(c?js)"/g)
  const names = [...files].filter((file) => file[2] === extension).map(([, name]) => name)
  return Object.fromEntries(names.map((name) => [name, sourceOf(folder, name)]))
}

function sourceOf(folder, name) {
  return join(folder, 'src', `${name}.ts`)
}

/** The declarations that tsc has written, and those of the CommonJS build, which differ in the specifiers alone. */
function declarations(folder) {
  const files = []
  for (const name of sourcesOf(folder).own) {
    const text = portableTypes(readFileSync(join(folder, 'dist', `${name}.d.ts`), 'utf8'))
    files.push([`${name}.d.ts`, text])
    files.push([`${name}.d.cts`, commonJsTypes(text)])
  }
  return files
}

function portableTypes(text) {
  // It makes a class differ from that of the other build.
  const structural = text.replace(/^ +#private;\n/gm, '')
  if (!structural.includes('NoInfer<') || structural.includes('type NoInfer<')) return structural
  return `${structural}/** TypeScript has its own from 5.4 on. */\ntype NoInfer<T> = [T][T extends unknown ? 0 : never];\n`
}

function commonJsTypes(text) {
  return text
    .replace(/((?:from|import\() ?(['"])\.{1,2}\/[^'"]*\.)(js|ts)\2/g, '$1cjs$2')
    .replace(/^import .* from (['"])([^'"]+)\1;?$/gm, (line, _quote, name) =>
      // TypeScript resolves the types of an ES module from CommonJS, but reports the import (TS1541).
      esmOnly.test(name) ? `// @ts-ignore\n${line}` : line,
    )
}

/** The sources of a package as names without `.ts`; `apart`: those with a tsconfig.json of their own, which tsc compiles. */
function sourcesOf(folder) {
  const all = readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' }).map((file) =>
    file.replaceAll('\\', '/'),
  )
  const projects = all.filter((file) => file.endsWith('/tsconfig.json')).map((file) => `${dirname(file)}/`)
  const names = all.filter((file) => file.endsWith('.ts')).map((file) => file.slice(0, -'.ts'.length))
  const isApart = (name) => projects.some((start) => name.startsWith(start))
  return { own: names.filter((name) => !isApart(name)), apart: names.filter(isApart) }
}

function manifestOf(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}
