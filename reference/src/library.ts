import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'

/** A name that something public has, and the `.d.ts` file that declares it. */
export interface Target {
  readonly file: string
  readonly name: string
}

/** One of a package's entry points: what an app writes after `from`. */
export interface EntryPoint {
  readonly specifier: string
  readonly file: string
}

export interface Package {
  readonly name: string
  readonly folder: string
  readonly description: string
  readonly entryPoints: readonly EntryPoint[]
}

/**
 * The types of several packages, as they were built. Nothing is type-checked: `isolatedDeclarations` has every public
 * type written out, so to parse is enough, and takes a tenth of a second.
 */
export class Library {
  readonly packages: readonly Package[]
  readonly #files = new Map<string, ts.SourceFile>()

  /** @param folders of the packages, each of which was built */
  constructor(folders: readonly string[]) {
    this.packages = folders.map(readPackage)
  }

  parse(file: string): ts.SourceFile {
    const known = this.#files.get(file)
    if (known !== undefined) return known
    if (!existsSync(file)) throw new Error(`${file} is missing: build first (npm run build)`)
    const parsed = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ESNext, true)
    this.#files.set(file, parsed)
    return parsed
  }

  /** What a file exports, each by the name that it has outside. */
  exportsOf(file: string): Map<string, Target> {
    const found = new Map<string, Target>()
    for (const statement of this.parse(file).statements) {
      if (ts.isExportDeclaration(statement)) {
        const from = moduleOf(statement)
        if (statement.exportClause === undefined || !ts.isNamedExports(statement.exportClause))
          throw new Error(`${file}: export each name by itself: ${statement.getText()}`)
        for (const { name, propertyName = name } of statement.exportClause.elements) {
          const target =
            from === undefined ? this.resolve(file, propertyName.text) : this.#import(file, from, propertyName.text)
          if (target !== undefined) found.set(name.text, target)
        }
      } else if (isExported(statement)) for (const name of namesOf(statement)) found.set(name, { file, name })
    }
    return found
  }

  /** What a name means in a file; `undefined` for what is not of these packages, such as `Promise` or a type parameter. */
  resolve(file: string, name: string): Target | undefined {
    for (const statement of this.parse(file).statements) {
      if (namesOf(statement).includes(name)) return { file, name }
      const bindings = ts.isImportDeclaration(statement) ? statement.importClause?.namedBindings : undefined
      if (bindings === undefined || !ts.isNamedImports(bindings)) continue
      const element = bindings.elements.find((element) => element.name.text === name)
      if (element === undefined) continue
      return this.#import(
        file,
        moduleOf(statement as ts.ImportDeclaration) ?? '',
        (element.propertyName ?? element.name).text,
      )
    }
    return undefined
  }

  /** Every declaration of a name: a function has one for each overload. */
  declarationsOf({ file, name }: Target): ts.Statement[] {
    return this.parse(file).statements.filter((statement) => namesOf(statement).includes(name))
  }

  #import(file: string, from: string, name: string): Target | undefined {
    const own = this.packages.flatMap(({ entryPoints }) => entryPoints).find(({ specifier }) => specifier === from)
    if (own !== undefined) return this.exportsOf(own.file).get(name)
    if (!from.startsWith('.')) return undefined
    return this.exportsOf(join(dirname(file), from.replace(/\.ts$/, '.d.ts'))).get(name)
  }
}

function readPackage(folder: string): Package {
  const { name, description, exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    name: string
    description: string
    exports: Readonly<Record<string, string | { readonly types: string }>>
  }
  const entryPoints = Object.entries(exports).flatMap(([path, target]) =>
    typeof target === 'string' ? [] : [{ specifier: join(name, path), file: join(folder, target.types) }],
  )
  return { name, folder, description, entryPoints }
}

function moduleOf({ moduleSpecifier }: ts.ExportDeclaration | ts.ImportDeclaration): string | undefined {
  return moduleSpecifier !== undefined && ts.isStringLiteral(moduleSpecifier) ? moduleSpecifier.text : undefined
}

function isExported(node: ts.Node): boolean {
  return (ts.getCombinedModifierFlags(node as ts.Declaration) & ts.ModifierFlags.Export) !== 0
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => (ts.isIdentifier(name) ? name.text : ''))
  const isNamed =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement)
  return isNamed && statement.name !== undefined ? [statement.name.text] : []
}
