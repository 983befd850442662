import { invalidArgument, typeName } from '../errors.ts'
import { type ChannelKind, channelKind, isChannel } from '../names.ts'

/** The names of a pattern's parameters, read from its text by the compiler. */
export type ParamNames<Pattern extends string> = Pattern extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParamNames<Rest>
  : never

/**
 * A pattern's parameters. Of a pattern that is not known by its text, any name.
 */
export type Params<Pattern extends string> = string extends Pattern
  ? // biome-ignore lint/suspicious/noExplicitAny: under noUncheckedIndexedAccess a string would read as maybe undefined.
    { readonly [name: string]: any }
  : { readonly [Name in ParamNames<Pattern>]: string }

/**
 * A channel name with parameters, such as `private-order-{orderId}-item-{itemId}`. What is outside braces is meant as
 * it is written. A parameter takes at least one character, up to where the text behind it first comes; the last one takes
 * the rest.
 */
export class ChannelPattern {
  readonly text: string
  readonly kind: ChannelKind | 'public'
  /** The pattern without its parameters' names: two of one shape take the same names. */
  readonly shape: string
  readonly params: readonly string[]
  /** What stands before, between and behind the parameters: one more than those. */
  readonly #literals: readonly string[]
  /** For each literal between two parameters, where to go on after a mismatch. */
  readonly #borders: readonly Uint8Array[]

  /**
   * @param argument what to call the pattern in an error
   * @throws {TypeError} if it is malformed, or no name that a client can ask for could match it
   */
  constructor(text: unknown, argument: string) {
    if (typeof text !== 'string' || text === '')
      throw invalidArgument(argument, `must be a channel pattern such as 'private-user-{id}' (got ${typeName(text)})`)
    const pieces = text.split(/\{([A-Za-z_$][A-Za-z0-9_$]*)\}/)
    const isParam = (index: number) => index % 2 === 1
    const literals = pieces.filter((_, index) => !isParam(index))
    this.text = text
    this.params = pieces.filter((_, index) => isParam(index))
    this.shape = literals.join('{}')
    if (literals.slice(1, -1).includes(''))
      throw invalidArgument(argument, 'has two parameters that touch: nothing tells where one ends')
    if (new Set(this.params).size < this.params.length) throw invalidArgument(argument, 'has a parameter twice')
    // The shortest name that it matches: with that one malformed, every one is.
    const shortest = literals.join('x')
    if (!isChannel(shortest))
      throw invalidArgument(
        argument,
        'matches no channel: outside of {parameters} it must be A-Z a-z 0-9 _ - = @ , . ; and 200 characters at most',
      )
    const kind = channelKind(this.params.length > 0 ? `${literals[0]}x` : shortest)
    if (kind === undefined)
      throw invalidArgument(argument, 'matches no channel: there must be a name behind the prefix')
    this.kind = kind
    this.#literals = literals
    this.#borders = literals.slice(1, -1).map(bordersOf)
  }

  /** The parameters of a name that the pattern matches as a whole; `undefined` for any other. Linear in the name. */
  match(name: string): Record<string, string> | undefined {
    const [first = ''] = this.#literals
    if (!name.startsWith(first)) return undefined
    const params: Record<string, string> = Object.create(null)
    if (this.params.length === 0)
      return name.length === first.length && channelKind(name) === this.kind ? params : undefined
    const last = this.#literals.at(-1) ?? ''
    const end = name.length - last.length
    if (!name.endsWith(last)) return undefined
    let start = first.length
    for (const [index, param] of this.params.entries()) {
      const borders = this.#borders[index]
      const literal = this.#literals[index + 1] ?? ''
      // The first place is always right: whatever fits behind a later one fits behind it too.
      const stop = borders === undefined ? end : find(name, literal, borders, start + 1, end)
      if (stop <= start) return undefined
      params[param] = name.slice(start, stop)
      start = stop + literal.length
    }
    // `private-{room}` is not asked about encrypted channels: those have rules of their own.
    return channelKind(name) === this.kind ? params : undefined
  }

  /**
   * The order of rules: the longest literal beginning first, then the most literal characters, which puts whatever takes
   * in less before what takes in more. Of two that say as much, the text decides, wherever they were written.
   */
  static mostSpecificFirst(one: ChannelPattern, other: ChannelPattern): number {
    return (
      (other.#literals[0]?.length ?? 0) - (one.#literals[0]?.length ?? 0) ||
      other.#literals.join('').length - one.#literals.join('').length ||
      (one.shape < other.shape ? -1 : 1)
    )
  }
}

/** For each prefix of a text, the length of its longest border (Knuth, Morris, Pratt). */
function bordersOf(text: string): Uint8Array {
  const borders = new Uint8Array(text.length)
  for (let i = 1, length = 0; i < text.length; i++) {
    while (length > 0 && text[i] !== text[length]) length = borders[length - 1] ?? 0
    if (text[i] === text[length]) length++
    borders[i] = length
  }
  return borders
}

/**
 * Where a text first comes in `name` between two places, or -1. Knuth, Morris, Pratt: no name, however repetitive, takes
 * longer than its length, which `indexOf` does not promise.
 */
function find(name: string, text: string, borders: Uint8Array, from: number, to: number): number {
  let matched = 0
  for (let i = from; i < to; i++) {
    while (matched > 0 && name[i] !== text[matched]) matched = borders[matched - 1] ?? 0
    if (name[i] === text[matched]) matched++
    if (matched === text.length) return i + 1 - matched
  }
  return -1
}
