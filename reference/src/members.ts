import ts from 'typescript'

/** What a class or an interface shows to others, by how it is described. */
export interface Members {
  readonly constructors: readonly ts.ConstructorDeclaration[]
  /** Properties and accessors; of an interface, all that it has. */
  readonly properties: readonly (ts.TypeElement | ts.ClassElement)[]
  /** The methods of a class, by name: overloads together. */
  readonly methods: ReadonlyMap<string, readonly ts.MethodDeclaration[]>
}

export function membersOf(node: ts.ClassDeclaration | ts.InterfaceDeclaration): Members {
  const shown = (node.members as ts.NodeArray<ts.ClassElement | ts.TypeElement>).filter(isShown)
  const methods = new Map<string, ts.MethodDeclaration[]>()
  for (const method of shown.filter(ts.isMethodDeclaration))
    methods.set(method.name.getText(), [...(methods.get(method.name.getText()) ?? []), method])
  return {
    constructors: shown.filter(ts.isConstructorDeclaration),
    properties: shown.filter((member) => !ts.isMethodDeclaration(member) && !ts.isConstructorDeclaration(member)),
    methods,
  }
}

/** Whether others see it: it is not private. */
export function isShown(member: ts.ClassElement | ts.TypeElement): boolean {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected
  return !(member.name && ts.isPrivateIdentifier(member.name)) && (ts.getCombinedModifierFlags(member) & hidden) === 0
}

/** Whether it needs a docstring. A property of one literal type, which tells a union's members apart, says it all. */
export function mustSay<T extends ts.ClassElement | ts.TypeElement>(
  member: T,
): member is T & { readonly name: ts.PropertyName } {
  const isTag = ts.isPropertySignature(member) && member.type !== undefined && ts.isLiteralTypeNode(member.type)
  return member.name !== undefined && !isTag
}

/** `name?: Type`, on one line: `readonly` goes, and so does the `undefined` that every optional one may be. */
export function memberSignature(member: ts.ClassElement | ts.TypeElement): string {
  if (ts.isPropertySignature(member) || ts.isPropertyDeclaration(member)) {
    const optional = member.questionToken !== undefined
    return oneLine(`${member.name.getText()}${optional ? '?' : ''}: ${typeText(member.type, optional)}`)
  }
  if (ts.isGetAccessor(member)) return oneLine(`${member.name.getText()}: ${member.type?.getText()}`)
  return oneLine(
    member
      .getText()
      .replace(/^readonly /, '')
      .replace(/;$/, ''),
  )
}

function typeText(type: ts.TypeNode | undefined, optional: boolean): string {
  if (type === undefined) return 'any'
  if (!optional || !ts.isUnionTypeNode(type)) return type.getText()
  const types = type.types.filter(({ kind }) => kind !== ts.SyntaxKind.UndefinedKeyword)
  const [first] = types
  if (types.length === 1 && first !== undefined && ts.isParenthesizedTypeNode(first)) return first.type.getText()
  return types.map((one) => one.getText()).join(' | ')
}

/** Without the comments inside. */
export function oneLine(text: string): string {
  return text.replaceAll(/\/\*\*.*?\*\//gs, '').replaceAll(/\s+/g, ' ')
}
