import { describeType, invalidArgument } from '../errors.ts'
import { type ChannelKind, channelKind, isChannel } from '../internal/validate.ts'

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
  /** The literals between two parameters, ready to be found. */
  readonly #between: readonly Needle[]

  /**
   * @param argument what to call the pattern in an error
   * @throws {TypeError} if it is malformed, or no name that a client can ask for could match it
   */
  constructor(text: unknown, argument: string) {
    if (typeof text !== 'string' || text === '')
      throw invalidArgument(
        argument,
        `must be a channel pattern such as 'private-user-{id}' (got ${describeType(text)})`,
      )
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
    const kind = channelKind(shortest)
    if (kind === undefined)
      throw invalidArgument(argument, 'matches no channel: there must be a name behind the prefix')
    this.kind = kind
    this.#literals = literals
    this.#between = literals.slice(1, -1).map(toNeedle)
  }

  /**
   * The parameters of a name that the pattern matches as a whole; `undefined` for any other. Linear in the name.
   * @param codes of `name`, for a caller who has many patterns to try
   */
  match(name: string, codes: Uint8Array = codesOf(name)): Record<string, string> | undefined {
    const [first = ''] = this.#literals
    const last = this.params.length === 0 ? '' : (this.#literals.at(-1) ?? '')
    if (!name.startsWith(first) || !name.endsWith(last)) return undefined
    const values: string[] = []
    const end = name.length - last.length
    let start = first.length
    for (const needle of this.#between) {
      // The first place is always right: whatever fits behind a later one fits behind it too.
      const stop = find(codes, needle, start + 1, end)
      if (stop === -1) return undefined
      values.push(name.slice(start, stop))
      start = stop + needle.codes.length
    }
    if (this.params.length === 0 ? start !== end : start >= end) return undefined
    // `private-{room}` is not asked about encrypted channels: those have rules of their own.
    if (channelKind(name) !== this.kind) return undefined
    values.push(name.slice(start, end))
    const params: Record<string, string> = Object.create(null)
    for (const [index, param] of this.params.entries()) params[param] = values[index] ?? ''
    return params
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

/** The codes of a text of a channel's alphabet; what is not of it becomes what no needle has. */
export function codesOf(text: string): Uint8Array {
  const codes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) codes[i] = Math.min(text.charCodeAt(i), 0xff)
  return codes
}

interface Needle {
  readonly codes: Uint8Array
  /** For each of them, how much of the needle is still matched when it is not what came; -1: not even the code itself. */
  readonly failures: Int16Array
}

function toNeedle(text: string): Needle {
  const codes = codesOf(text)
  const failures = new Int16Array(codes.length)
  failures[0] = -1
  for (let i = 1, matched = 0; i < codes.length; i++, matched++) {
    failures[i] = codes[i] === codes[matched] ? (failures[matched] as number) : matched
    while (matched >= 0 && codes[i] !== codes[matched]) matched = failures[matched] as number
  }
  return { codes, failures }
}

/**
 * Where a needle first lies between two places, or -1. As Knuth, Morris and Pratt have it: no name, however repetitive,
 * takes longer than its length, which `indexOf` does not promise.
 */
function find(codes: Uint8Array, { codes: needle, failures }: Needle, from: number, to: number): number {
  let matched = 0
  for (let i = from; i < to; i++) {
    const code = codes[i]
    while (matched >= 0 && code !== needle[matched]) matched = failures[matched] as number
    matched++
    if (matched === needle.length) return i + 1 - matched
  }
  return -1
}
