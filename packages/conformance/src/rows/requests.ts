import type { Expectation, Row } from './row.ts'

export const json = 'application/json'
export const form = 'application/x-www-form-urlencoded'
export const signinPath = '/pingerchips/user-auth'

export const asJson = (fields: unknown): string => JSON.stringify(fields)
export const asForm = (fields: Readonly<Record<string, string>>): string => new URLSearchParams(fields).toString()
export const join = (channel_name: unknown, socket_id: unknown = '1234.1234'): Record<string, unknown> => ({
  socket_id,
  channel_name,
})
/** Exactly what pusher-js sends: `socket_id=` and `channel_name=`, encoded as components, then its params. */
export const asPusherJs = (channel: string, params: Readonly<Record<string, string>> = {}): string =>
  Object.entries(params).reduce(
    (text, [name, value]) => `${text}&${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
    `socket_id=${encodeURIComponent('1234.1234')}&channel_name=${encodeURIComponent(channel)}`,
  )

/** A request to join, as JSON and as a form. */
export function both(name: string, channel: string, expect: Expectation, more: Partial<Row> = {}): Row[] {
  return [
    { name: `${name} (JSON)`, type: json, body: asJson(join(channel)), expect, ...more },
    { name: `${name} (form)`, type: form, body: asPusherJs(channel), expect, ...more },
  ]
}

/** The same fields as JSON and as a form. */
export function fields(
  name: string,
  values: Readonly<Record<string, string>>,
  expect: Expectation,
  more: Partial<Row> = {},
): Row[] {
  return [
    { name: `${name} (JSON)`, type: json, body: asJson(values), expect, ...more },
    { name: `${name} (form)`, type: form, body: asForm(values), expect, ...more },
  ]
}

/** A request to sign in, as JSON and as a form. */
export function signin(name: string, user: string | null, expect: Expectation): Row[] {
  return fields(
    `sign-in: ${name}`,
    { socket_id: '1234.1234' },
    { ...expect, authorize: null },
    { path: signinPath, user },
  )
}

/** A value as text for a row's name, shortened. */
export const shown = (value: unknown): string => {
  const text = JSON.stringify(value)
  return text.length > 40 ? `${text.slice(0, 40)}… (${text.length})` : text
}

/** Expectations behind parsers that read JSON, forms, or anything. */
export const behindJson = (expect: Expectation): Partial<Row> => ({ behind: { json: expect, both: expect } })
export const behindForm = (expect: Expectation): Partial<Row> => ({ behind: { form: expect, both: expect } })
export const behindAny = (expect: Expectation): Partial<Row> => ({
  behind: { json: expect, form: expect, both: expect, raw: expect, text: expect },
})

/** A request with exactly this body, as JSON. */
export const asJsonRow = (
  name: string,
  body: string | Uint8Array,
  expect: Expectation,
  more: Partial<Row> = {},
): Row => ({ name: `${name} (JSON)`, type: json, body, expect, ...more })
/** A request with exactly this body, as a form. */
export const asFormRow = (
  name: string,
  body: string | Uint8Array,
  expect: Expectation,
  more: Partial<Row> = {},
): Row => ({ name: `${name} (form)`, type: form, body, expect, ...more })

/** Fields and a form that are valid and denied: a row that adds to them is refused for what it adds. */
export const deniedFields = join('private-false') as Record<string, string>
export const deniedForm: string = asPusherJs('private-false')
