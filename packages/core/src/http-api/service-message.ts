import { isRecord, ownProperty } from '../internal/json.ts'

const maxLength = 200
/** Shorter texts are too common to be removed: the data `1` would remove every 1. */
const minSecretLength = 6

/**
 * What the service wrote about a failure, for {@link PingerchipsError.serviceMessage}: the `error` or `message` of a JSON
 * body, or a body that is plain text. The service has received the token, the signature and the data, and may write them
 * back: they are removed, also as JSON, percent-encoded and in base64. Control characters become spaces.
 *
 * @param secrets removed whole; `undefined` and texts of less than 6 characters are ignored
 * @returns at most 200 characters; `undefined` if there is no text, or the body is HTML
 */
export function serviceMessage(body: string, secrets: readonly (string | undefined)[]): string | undefined {
  const clean = removeSecrets(textOf(body), secrets)
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .toWellFormed()
  return clean === '' ? undefined : cut(clean)
}

/** Removes secrets from a text, also as JSON, percent-encoded and in base64. Texts of less than 6 characters stay. */
export function removeSecrets(text: string, secrets: readonly (string | undefined)[]): string {
  let rest = text
  for (const secret of secrets)
    if (secret !== undefined && secret.length >= minSecretLength && secret.length <= rest.length)
      for (const form of formsOf(secret)) rest = rest.replaceAll(form, '[removed]')
  return rest
}

function textOf(body: string): string {
  let parsed: unknown
  try {
    parsed = JSON.parse(body)
  } catch {
    return /^\s*</.test(body) ? '' : body
  }
  for (const found of isRecord(parsed) ? [ownProperty(parsed, 'error'), ownProperty(parsed, 'message')] : [parsed]) {
    if (typeof found === 'string') return found
    const inner = isRecord(found) ? ownProperty(found, 'message') : undefined
    if (typeof inner === 'string') return inner
  }
  return ''
}

/** The ways in which a secret can be written in a text. */
function formsOf(secret: string): Set<string> {
  const escaped = encodeURIComponent(secret.toWellFormed())
  const base64 = btoa(String.fromCharCode(...new TextEncoder().encode(secret.slice(0, 8192)))).replace(/=+$/, '')
  return new Set([
    secret,
    // A signature is hexadecimal.
    secret.toUpperCase(),
    JSON.stringify(secret).slice(1, -1),
    escaped,
    escaped.replaceAll(/%../g, (encoded) => encoded.toLowerCase()),
    base64,
    base64.replaceAll('+', '-').replaceAll('/', '_'),
  ])
}

function cut(text: string): string {
  if (text.length <= maxLength) return text
  return `${text.slice(0, maxLength - 1).replace(/[\ud800-\udbff]$/, '')}…`
}
