/** More fields than any client sends; a form with more is refused. */
const maxFields = 100

/**
 * The fields of an `application/x-www-form-urlencoded` text, flat: a name is a name, with its brackets and dots.
 * `undefined` if it is malformed or says a field twice, which two parsers would read as two different things.
 * @see https://url.spec.whatwg.org/#urlencoded-parsing
 */
export function parseForm(text: string): ReadonlyMap<string, string> | undefined {
  const pairs = text.split('&', maxFields + 1)
  if (pairs.length > maxFields) return undefined
  const fields = new Map<string, string>()
  for (const pair of pairs) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decoded(equals === -1 ? pair : pair.slice(0, equals))
    const value = decoded(equals === -1 ? '' : pair.slice(equals + 1))
    if (name === undefined || value === undefined || fields.has(name)) return undefined
    fields.set(name, value)
  }
  return fields
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
