import ts from 'typescript'
import { isShown } from './members.ts'

/** The names of the types that a declaration shows, each once, in their order. */
export function referencesOf(node: ts.Node): string[] {
  const names = new Set<string>()
  const visit = (node: ts.Node): void => {
    if ((ts.isClassElement(node) || ts.isTypeElement(node)) && !isShown(node)) return
    const name = nameOf(node)
    if (name !== undefined) names.add(leftmost(name))
    ts.forEachChild(node, visit)
  }
  visit(node)
  return [...names]
}

function nameOf(node: ts.Node): ts.Node | undefined {
  if (ts.isTypeReferenceNode(node)) return node.typeName
  if (ts.isTypeQueryNode(node)) return node.exprName
  return ts.isExpressionWithTypeArguments(node) ? node.expression : undefined
}

function leftmost(name: ts.Node): string {
  return ts.isQualifiedName(name) ? leftmost(name.left) : name.getText()
}
