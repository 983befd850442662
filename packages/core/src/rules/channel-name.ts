import { describeType, invalidArgument } from '../errors.ts'
import { ChannelPattern, type Params } from './pattern.ts'

/** What to fill a pattern's parameters with. A number is written in decimal. */
export type ParamValues<Pattern extends string> = { readonly [Name in keyof Params<Pattern>]: string | number }

/**
 * A channel's name, from the pattern that its rule has: what is triggered on is what was let in.
 * `channelName('private-user-{id}', { id })`. Nothing is escaped. Where a more specific rule takes some of these names too, as
 * `private-user-{id}-admin` does, keep its text out of your ids: that rule is the one which is asked.
 *
 * @param pattern as in {@link channelRules}; a public channel's may be used too
 * @param params a text or a safe integer for each parameter of the pattern
 * @throws {TypeError} naming the parameter that is missing or unknown, or would give a malformed name, or a name from
 * which the pattern reads other parameters. The value is not in the message
 */
export function channelName<const Pattern extends string>(
  pattern: Pattern,
  ...[params]: keyof Params<Pattern> extends never ? [params?: ParamValues<Pattern>] : [params: ParamValues<Pattern>]
): string {
  const compiled = new ChannelPattern(pattern, 'pattern')
  const values: Readonly<Record<string, unknown>> = { ...params }
  const stranger = Object.keys(values).find((name) => !compiled.params.includes(name))
  if (stranger !== undefined)
    throw invalidArgument(
      'params',
      `has no parameter '${stranger}' in its pattern; it knows ${compiled.params.join(', ') || 'none'}`,
    )
  const texts = Object.fromEntries(compiled.params.map((name) => [name, textOf(values[name], `params.${name}`)]))
  const name = compiled.text.replace(/\{([^}]*)\}/g, (_, param: string) => texts[param] ?? '')
  if (name.length > 200) throw invalidArgument('params', 'give a channel name of more than 200 characters')
  const read = compiled.match(name)
  const misread = compiled.params.find((param) => read?.[param] !== texts[param])
  if (misread !== undefined)
    throw invalidArgument(
      `params.${misread}`,
      'gives a name from which the pattern reads something else: it holds the text that ends the parameter, or makes another prefix',
    )
  return name
}

function textOf(value: unknown, argument: string): string {
  const text = Number.isSafeInteger(value) ? String(value) : value
  if (typeof text !== 'string' || !/^[A-Za-z0-9_\-=@,.;]+$/.test(text))
    throw invalidArgument(
      argument,
      `must be characters of A-Z a-z 0-9 _ - = @ , . ; or a safe integer (got ${typeof value === 'string' && value !== '' ? 'other characters' : describeType(value)})`,
    )
  return text
}
