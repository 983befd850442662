import { describeType, invalidArgument } from '../errors.ts'
import { type ChannelKind, channelKind, isChannel } from '../internal/validate.ts'

/** The parameter names of a pattern whose text the compiler knows. */
type ParamNames<Pattern extends string> = Pattern extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParamNames<Rest>
  : never

/**
 * The parameters of a channel pattern, by name. If the compiler does not know the pattern's text, every name compiles.
 * Reading a name that the pattern does not have throws a `TypeError`.
 */
export type Params<Pattern extends string> = string extends Pattern
  ? // biome-ignore lint/suspicious/noExplicitAny: `string` would become `string | undefined` under noUncheckedIndexedAccess.
    { readonly [name: string]: any }
  : { readonly [Name in ParamNames<Pattern>]: string }

/**
 * A channel pattern such as `private-order-{orderId}-item-{itemId}`. Text outside braces matches literally. A parameter
 * matches at least one character, up to the first occurrence of the text behind it. The last parameter takes the rest.
 */
export class ChannelPattern {
  readonly text: string
  readonly kind: ChannelKind | 'public'
  /** The pattern without its parameter names. Two patterns of the same shape match the same channels. */
  readonly shape: string
  readonly params: readonly string[]
  /** The text before, between and behind the parameters: one more than there are parameters. */
  readonly #literals: readonly string[]

  /**
   * @param argument the pattern's name in error messages
   * @throws {TypeError} if the pattern is malformed, or matches no channel
   */
  constructor(text: unknown, argument: string) {
    if (typeof text !== 'string' || text === '')
      throw invalidArgument(
        argument,
        `must be a channel pattern such as 'private-user-{id}' (received ${describeType(text)}).`,
      )
    const pieces = text.split(/\{([A-Za-z_$][A-Za-z0-9_$]*)\}/)
    const isParam = (index: number) => index % 2 === 1
    const literals = pieces.filter((_, index) => !isParam(index))
    this.text = text
    this.params = pieces.filter((_, index) => isParam(index))
    this.shape = literals.join('{}')
    if (literals.slice(1, -1).includes(''))
      throw invalidArgument(argument, 'has two adjacent parameters. Put text between them.')
    if (new Set(this.params).size < this.params.length)
      throw invalidArgument(argument, 'has two parameters of the same name. Rename one of them.')
    // If the shortest name that the pattern matches is malformed, all of them are.
    const shortest = literals.join('x')
    if (!isChannel(shortest))
      throw invalidArgument(
        argument,
        'matches no channel: text outside of {parameters} must be at most 200 characters of A-Z a-z 0-9 _ - = @ , . ;',
      )
    const kind = channelKind(shortest)
    if (kind === undefined) throw invalidArgument(argument, 'matches no channel: add a name behind the prefix.')
    this.kind = kind
    this.#literals = literals
  }

  /** Returns the parameters if the pattern matches the whole name, and `undefined` if it does not. */
  match(name: string): Record<string, string> | undefined {
    const [first = ''] = this.#literals
    const last = this.params.length === 0 ? '' : (this.#literals.at(-1) ?? '')
    if (!name.startsWith(first) || !name.endsWith(last)) return undefined
    const values: string[] = []
    const end = name.length - last.length
    let start = first.length
    for (const literal of this.#literals.slice(1, -1)) {
      // No backtracking: if the rest matches behind a later occurrence, it also matches behind the first one.
      const stop = name.indexOf(literal, start + 1)
      if (stop === -1 || stop + literal.length > end) return undefined
      values.push(name.slice(start, stop))
      start = stop + literal.length
    }
    if (this.params.length === 0 ? start !== end : start >= end) return undefined
    // `private-{room}` does not match encrypted channels, which have a prefix of their own.
    if (channelKind(name) !== this.kind) return undefined
    values.push(name.slice(start, end))
    const params: Record<string, string> = Object.create(null)
    for (const [index, param] of this.params.entries()) params[param] = values[index] ?? ''
    return params
  }

  /**
   * Sorts patterns: the longest literal beginning first, then the most literal characters, then by text. A pattern
   * therefore comes before every pattern that matches all of its channels and more.
   */
  static mostSpecificFirst(a: ChannelPattern, b: ChannelPattern): number {
    return (
      (b.#literals[0]?.length ?? 0) - (a.#literals[0]?.length ?? 0) ||
      b.#literals.join('').length - a.#literals.join('').length ||
      (a.shape < b.shape ? -1 : 1)
    )
  }
}
