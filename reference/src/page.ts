import ts from 'typescript'
import { type Comment, commentOf } from './comment.ts'
import { formatted } from './format.ts'
import { type Homes, linkFrom, pageOf } from './homes.ts'
import type { EntryPoint, Library, Package } from './library.ts'
import { memberSignature, membersOf, mustSay, oneLine } from './members.ts'
import { referencesOf } from './references.ts'

/** Something that an entry point exports, under the heading that it has. */
interface Export {
  readonly name: string
  readonly heading: string
  readonly isDefault: boolean
  readonly declarations: readonly ts.Statement[]
}

type Callable = ts.FunctionDeclaration | ts.MethodDeclaration | ts.ConstructorDeclaration

/** One package's page: what it exports, first as a list, then each with its docstring. */
export class Page {
  readonly name: string
  /** What the page lacks: docstrings, exports, or what a link leads to. */
  readonly problems: string[] = []
  readonly #package: Package
  readonly #library: Library
  readonly #homes: Homes
  /** Every block of code, to be formatted in one go. */
  readonly #code: { readonly code: string; readonly prefix: string }[] = []

  constructor(library: Library, homes: Homes, one: Package) {
    this.name = pageOf(one.name)
    this.#library = library
    this.#homes = homes
    this.#package = one
  }

  text(): string {
    const { name, description, entryPoints } = this.#package
    const entries = entryPoints.map((entryPoint) => ({ ...entryPoint, ...this.#exports(entryPoint) }))
    const parts = [
      '<!-- `npm run docs` writes this page from the docstrings. -->',
      `# ${name}`,
      `${description} [How to use it](../../packages/${this.name.replace(/\.md$/, '')}/README.md).`,
      ...entries.flatMap(({ specifier, exports }) => [`From \`${specifier}\`:`, this.#contents(exports)]),
      ...entries.flatMap(({ specifier, file, exports, elsewhere }) => [
        `## ${specifier}`,
        this.#aboutFile(file),
        ...exports.flatMap((one) => this.#export(one)),
        ...this.#augmentations(file),
        elsewhere.length > 0 ? `Exported here too: ${elsewhere.join(', ')}.` : '',
      ]),
    ]
    const code = formatted(this.#code.map(({ code }) => code)).map((text, index) =>
      text
        .replace(/^declare function (constructor_)?/, this.#code[index]?.prefix ?? '')
        .replace(/^declare (?=const|class)/, '')
        .replace(/ \{\}$/, ''),
    )
    const text = parts.filter((part) => part !== '').join('\n\n')
    return `${text.replaceAll(/«(\d+)»/g, (_, index) => code[Number(index)] ?? '')}\n`
  }

  /** What an entry point exports that is described there, and links to what is described at another one. */
  #exports({ specifier, file }: EntryPoint): { exports: Export[]; elsewhere: string[] } {
    const all = [...this.#library.exportsOf(file)]
    const defaultKey = all.find(([name]) => name === 'default')?.[1].name
    const exports: Export[] = []
    const elsewhere: string[] = []
    for (const [name, target] of all) {
      const home = this.#homes.of(target)
      if (name === 'default' || home === undefined) continue
      const declarations = this.#library.declarationsOf(target)
      if (home.specifier === specifier && home.page === this.name)
        exports.push({ name, heading: home.heading, isDefault: target.name === defaultKey, declarations })
      else elsewhere.push(`[\`${name}\`](${linkFrom(this.name, home)})`)
    }
    return { exports: exports.sort(byKindAndName), elsewhere: elsewhere.sort() }
  }

  #contents(exports: readonly Export[]): string {
    const rows = exports.map(({ heading, declarations: [first] }) => {
      const text = (first && this.#comment(first)?.text) ?? ''
      const [sentence = ''] = /^.*?[.?](?=\s|$)/s.exec(text) ?? [text]
      return `| [\`${heading}\`](${linkFrom(this.name, { page: this.name, heading })}) | ${cell(sentence)} |`
    })
    return ['| | |', '| --- | --- |', ...rows].join('\n')
  }

  /** The docstring above an entry point's first statement, when that exports what other files declare. */
  #aboutFile(file: string): string {
    const [first] = this.#library.parse(file).statements
    return first !== undefined && ts.isExportDeclaration(first) ? (this.#comment(first)?.text ?? '') : ''
  }

  #export({ name, heading, isDefault, declarations }: Export): string[] {
    const parts = declarations.flatMap((node) => {
      if (ts.isFunctionDeclaration(node)) return this.#callable(node, heading, 'function ')
      if (ts.isClassDeclaration(node)) return this.#class(node, name)
      if (ts.isInterfaceDeclaration(node)) return this.#interface(node, name)
      return this.#alias(node, name)
    })
    return [`### ${heading}`, isDefault ? 'It is the default export too.' : '', ...parts]
  }

  #class(node: ts.ClassDeclaration, name: string): string[] {
    const { constructors, properties, methods } = membersOf(node)
    return [
      this.#head(node),
      this.#documented(node, name),
      this.#links(node.heritageClauses ?? []),
      this.#list(properties, name),
      ...constructors.flatMap((one) => [`#### new ${name}()`, ...this.#callable(one, `new ${name}()`, `new ${name}`)]),
      ...[...methods].flatMap(([method, overloads]) => [
        `#### ${name}.${method}()`,
        ...overloads.flatMap((one) => this.#callable(one, `${name}.${method}()`, '')),
      ]),
    ]
  }

  #interface(node: ts.InterfaceDeclaration, name: string): string[] {
    return [
      this.#head(node),
      this.#documented(node, name),
      this.#links(node.heritageClauses ?? []),
      this.#list(membersOf(node).properties, name),
    ]
  }

  #alias(node: ts.Statement, name: string): string[] {
    const code = node.getText().replace(/^export /, '')
    return [this.#format(code), this.#documented(node, name), this.#links([node])]
  }

  #callable(node: Callable, heading: string, prefix: string): string[] {
    return [this.#signature(node, prefix), this.#documented(node, heading), this.#links([node])]
  }

  #list(members: readonly (ts.ClassElement | ts.TypeElement)[], owner: string): string {
    const items = members.map((member) => {
      const links = this.#linksOf([member])
      const signature = `- \`${memberSignature(member)}\`${links.length > 0 ? ` · ${links.join(', ')}` : ''}`
      const text = mustSay(member)
        ? this.#documented(member, `${owner}.${member.name.getText()}`)
        : this.#described(member)
      return text === '' ? signature : `${signature}\n\n${indented(text)}`
    })
    return items.join('\n\n')
  }

  /** What a package adds to the types of another. */
  #augmentations(file: string): string[] {
    const nodes = this.#library.parse(file).statements.filter(ts.isModuleDeclaration)
    if (nodes.length === 0) return []
    return [
      '### What it adds to the types of others',
      ...nodes.flatMap((node) => [this.#format(node.getText()), this.#links([node])]),
    ]
  }

  #documented(node: ts.Node, what: string): string {
    const text = this.#described(node)
    if (text === '') this.problems.push(`${what} has no docstring`)
    return text
  }

  #described(node: ts.Node): string {
    const comment = this.#comment(node)
    // TypeScript takes a link for a type where a tag begins with it, and drops what follows.
    if (comment?.returns === '') this.problems.push(`an @returns says nothing: ${oneLine(node.getText())}`)
    return comment === undefined ? '' : this.#body(comment, node)
  }

  #body({ text, params, returns, throws }: Comment, node: ts.Node): string {
    return [
      text,
      params.map(({ name, text }) => `- \`${name}\`: ${indented(text).trimStart()}`).join('\n'),
      returns === undefined ? '' : `**Returns** ${returns}`,
      ...throws.map(({ type, text }) =>
        `**Throws** ${type === undefined ? '' : `${this.#type(node, type)} `}${text}`.trimEnd(),
      ),
    ]
      .filter((part) => part !== '')
      .join('\n\n')
  }

  #type(node: ts.Node, name: string): string {
    const home = this.#homes.named(node.getSourceFile().fileName, name)
    return home === undefined ? `\`${name}\`` : `[\`${name}\`](${linkFrom(this.name, home)})`
  }

  #comment(node: ts.Node): Comment | undefined {
    const { fileName } = node.getSourceFile()
    return commentOf(node, (name) => {
      const home = this.#homes.named(fileName, name)
      if (home === undefined) this.problems.push(`{@link ${name}} leads nowhere`)
      return home === undefined ? `\`${name}\`` : `[\`${name}\`](${linkFrom(this.name, home)})`
    })
  }

  #links(nodes: readonly ts.Node[]): string {
    const links = this.#linksOf(nodes)
    return links.length === 0 ? '' : `Types: ${links.join(', ')}.`
  }

  #linksOf(nodes: readonly ts.Node[]): string[] {
    const names = new Set(nodes.flatMap(referencesOf))
    return [...names].flatMap((name) => {
      const file = nodes[0]?.getSourceFile().fileName ?? ''
      const target = this.#library.resolve(file, name)
      if (target === undefined) return []
      const home = this.#homes.of(target)
      if (home !== undefined) return [`[\`${name}\`](${linkFrom(this.name, home)})`]
      this.problems.push(`${name} is part of what is exported, and is not exported itself`)
      return []
    })
  }

  #signature(node: Callable, prefix: string): string {
    const isStatic = (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Static) !== 0
    const list = (open: string, nodes: ts.NodeArray<ts.Node> | undefined, close: string) =>
      nodes === undefined ? '' : open + nodes.map((one) => one.getText()).join(', ') + close
    // A method and a constructor stand alone as functions, to be formatted.
    const name = ts.isConstructorDeclaration(node) ? 'constructor_' : node.name?.getText()
    const returns = node.type === undefined ? '' : `: ${node.type.getText()}`
    const code = `declare function ${name}${list('<', node.typeParameters, '>')}${list('(', node.parameters, ')')}${returns}`
    return this.#format(code, isStatic ? 'static ' : prefix)
  }

  /** A class or an interface up to its brace, where it says more than the name. */
  #head(node: ts.ClassDeclaration | ts.InterfaceDeclaration): string {
    if (node.typeParameters === undefined && node.heritageClauses === undefined) return ''
    const text = node.getText().replace(/^export /, '')
    return this.#format(`${text.slice(0, text.indexOf('{'))}{}`)
  }

  /** @param prefix what stands before a function's name */
  #format(code: string, prefix = ''): string {
    this.#code.push({ code, prefix })
    return `\`\`\`ts\n«${this.#code.length - 1}»\n\`\`\``
  }
}

const kinds = [ts.isClassDeclaration, ts.isFunctionDeclaration, ts.isVariableStatement, () => true]

function byKindAndName(one: Export, other: Export): number {
  const kindOf = ({ declarations: [first] }: Export) => kinds.findIndex((is) => first !== undefined && is(first))
  return kindOf(one) - kindOf(other) || (one.name < other.name ? -1 : 1)
}

function cell(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|')
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ')
}
