import ts from 'typescript'

/** A docstring, its links made Markdown. */
export interface Comment {
  readonly text: string
  readonly params: readonly { readonly name: string; readonly text: string }[]
  readonly returns: string | undefined
  readonly throws: readonly { readonly type: string | undefined; readonly text: string }[]
}

/** What `{@link Name}` and `{@link Name.member}` become. */
export type LinkTo = (name: string) => string

/** The docstring of a declaration; `undefined` when it has none. */
export function commentOf(node: ts.Node, linkTo: LinkTo): Comment | undefined {
  const docs = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).at(-1)
  if (docs === undefined) return undefined
  const textOf = (comment: ts.JSDoc['comment']) => markdown(comment, linkTo)
  const tags: readonly ts.JSDocTag[] = docs.tags ?? []
  return {
    text: textOf(docs.comment),
    params: tags
      .filter(ts.isJSDocParameterTag)
      .map(({ name, comment }) => ({ name: name.getText(), text: textOf(comment) })),
    returns: tags.filter(ts.isJSDocReturnTag).map(({ comment }) => textOf(comment))[0],
    throws: tags.filter(ts.isJSDocThrowsTag).map(({ typeExpression, comment }) => ({
      type: typeExpression?.type.getText(),
      text: textOf(comment),
    })),
  }
}

function markdown(comment: ts.JSDoc['comment'], linkTo: LinkTo): string {
  if (comment === undefined || typeof comment === 'string') return comment?.trim() ?? ''
  const parts = comment.map((part) =>
    // TypeScript reads the name, and leaves what comes behind it, such as `.trigger`, to the text.
    ts.isJSDocLink(part) ? linkTo(`${part.name?.getText() ?? ''}${part.text}`.trim()) : part.text,
  )
  return parts.join('').trim()
}
