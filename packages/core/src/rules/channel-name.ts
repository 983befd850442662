import { describeType, invalidArgument } from '../errors.ts'
import { ChannelPattern, type Params } from './pattern.ts'

/** Values for the parameters of a pattern. Numbers are written in decimal. */
export type ParamValues<Pattern extends string> = { readonly [Name in keyof Params<Pattern>]: string | number }

/**
 * Builds a channel name from the pattern of its rule, so that you trigger on the channel that the rule allows.
 * Values are not escaped. If a more specific rule such as `private-user-{id}-admin` exists, it decides for the names
 * that it matches: keep its text out of your ids.
 *
 * @example
 * ```ts
 * await client.trigger(channelName('private-user-{id}', { id: 7 }), 'order-shipped', {})
 * ```
 * @param pattern a pattern as in {@link channelRules}, or the pattern of a public channel
 * @param params a string or a safe integer for each parameter of the pattern
 * @returns a channel name of at most 200 characters
 * @throws {TypeError} if a parameter is missing or unknown, if the name is malformed, or if the pattern would read
 * other parameters from the name. The message names the parameter and never has the value
 */
export function channelName<const Pattern extends string>(
  pattern: Pattern,
  ...[params]: keyof Params<Pattern> extends never ? [params?: ParamValues<Pattern>] : [params: ParamValues<Pattern>]
): string {
  const compiled = new ChannelPattern(pattern, 'pattern')
  const values: Readonly<Record<string, unknown>> = { ...params }
  const unknown = Object.keys(values).find((name) => !compiled.params.includes(name))
  if (unknown !== undefined)
    throw invalidArgument(
      'params',
      `has the unknown parameter '${unknown}'. Parameters of the pattern: ${compiled.params.join(', ') || 'none'}.`,
    )
  const texts = Object.fromEntries(compiled.params.map((name) => [name, textOf(values[name], `params.${name}`)]))
  const name = compiled.text.replace(/\{([^}]*)\}/g, (_, param: string) => texts[param] ?? '')
  if (name.length > 200)
    throw invalidArgument('params', `makes a channel name of ${name.length} characters. The limit is 200.`)
  const read = compiled.match(name)
  const misread = compiled.params.find((param) => read?.[param] !== texts[param])
  if (misread !== undefined)
    throw invalidArgument(
      `params.${misread}`,
      'makes a name from which the pattern reads another value: it contains the text behind the parameter, or changes the prefix.',
    )
  return name
}

function textOf(value: unknown, argument: string): string {
  const text = Number.isSafeInteger(value) ? String(value) : value
  if (typeof text !== 'string' || !/^[A-Za-z0-9_\-=@,.;]+$/.test(text))
    throw invalidArgument(
      argument,
      `must be a string of A-Z a-z 0-9 _ - = @ , . ; or a safe integer (received ${typeof value === 'string' && value !== '' ? 'other characters' : describeType(value)}).`,
    )
  return text
}
