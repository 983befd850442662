import { isRecord, parseJson } from '../json.ts'
import { Refusal, validationFailed } from './refusal.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** A request's body as the JSON object that it must be, whatever its Content-Type claims. */
export function parseBody(body: Uint8Array): Readonly<Record<string, unknown>> {
  const value = parseJson(decode(body))
  if (value === undefined) throw new Refusal(400, 'The body is not JSON')
  if (!isRecord(value)) throw validationFailed('the body must be a JSON object')
  return value
}

function decode(body: Uint8Array): string {
  try {
    return utf8.decode(body)
  } catch {
    throw new Refusal(400, 'The body is not UTF-8')
  }
}
