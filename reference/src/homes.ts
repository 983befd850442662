import ts from 'typescript'
import type { Library, Target } from './library.ts'
import { membersOf } from './members.ts'

/** Where something is described: the page's file name, the entry point, and the text of its heading. */
export interface Home {
  readonly page: string
  readonly specifier: string
  readonly heading: string
}

/** Finds the one place where each public name is described: where it is exported first. */
export class Homes {
  readonly #library: Library
  readonly #homes = new Map<string, Home>()

  constructor(library: Library) {
    this.#library = library
    for (const { name: packageName, entryPoints } of library.packages)
      for (const { specifier, file } of entryPoints)
        for (const [name, target] of library.exportsOf(file))
          if (name !== 'default' && !this.#homes.has(key(target)))
            this.#add({ page: pageOf(packageName), specifier }, name, target)
    this.#tellApart()
  }

  #add(place: Omit<Home, 'heading'>, name: string, target: Target): void {
    const declarations = this.#library.declarationsOf(target)
    const heading = declarations.some(ts.isFunctionDeclaration) ? `${name}()` : name
    this.#homes.set(key(target), { ...place, heading })
    for (const method of declarations
      .filter(ts.isClassDeclaration)
      .flatMap((node) => [...membersOf(node).methods.keys()]))
      this.#homes.set(`${key(target)}.${method}`, { ...place, heading: `${name}.${method}()` })
  }

  /** Anchors have no capitals: where a function and a type differ by nothing else, the type's heading says what it is. */
  #tellApart(): void {
    const functions = new Set([...this.#homes.values()].filter(isFunction).map((home) => linkFrom('', home)))
    for (const [key, home] of this.#homes)
      if (!isFunction(home) && functions.has(linkFrom('', home)))
        this.#homes.set(key, { ...home, heading: `${home.heading} (type)` })
  }

  of(target: Target): Home | undefined {
    return this.#homes.get(key(target))
  }

  /** Of `Name` or `Name.member`, as it is written in a file. A member without a heading of its own is described with its owner. */
  named(file: string, text: string): Home | undefined {
    const [name = '', member] = text.split('.')
    // The compiler drops an import that only a comment needs.
    const target = this.#library.resolve(file, name) ?? this.#exportedAs(name)
    if (target === undefined) return undefined
    return this.#homes.get(`${key(target)}.${member}`) ?? this.of(target)
  }

  #exportedAs(name: string): Target | undefined {
    const entryPoints = this.#library.packages.flatMap((one) => one.entryPoints)
    return entryPoints.map(({ file }) => this.#library.exportsOf(file).get(name)).find((target) => target !== undefined)
  }
}

function isFunction({ heading }: Home): boolean {
  return heading.endsWith('()')
}

export function pageOf(packageName: string): string {
  return `${packageName.replace(/^.*\//, '')}.md`
}

/** The link to a heading, as GitHub names its anchor. */
export function linkFrom(page: string, { page: target, heading }: Omit<Home, 'specifier'>): string {
  const anchor = heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')
  return `${page === target ? '' : target}#${anchor}`
}

function key({ file, name }: Target): string {
  return `${file}#${name}`
}
