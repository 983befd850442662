import { type BatchThreat, batchAttacks } from './batch-attacks.ts'
import { type BodyThreat, bodyAttacks } from './body-attacks.ts'
import { type CallbackThreat, callbackAttacks } from './callback-attacks.ts'
import { type EncodingThreat, encodingAttacks } from './encoding-attacks.ts'
import { type NameThreat, nameAttacks } from './name-attacks.ts'
import { type RequestThreat, requestAttacks } from './request-attacks.ts'
import type { Row } from './row.ts'
import { type UserThreat, userAttacks } from './user-attacks.ts'
import { type WebhookThreat, webhookAttacks } from './webhook-attacks.ts'

/** What attackers try of an auth endpoint and of webhooks. SECURITY.md names each. */
export type Threat =
  | NameThreat
  | BodyThreat
  | BatchThreat
  | EncodingThreat
  | RequestThreat
  | CallbackThreat
  | UserThreat
  | WebhookThreat

/** Attacks by the threat that they try, each as JSON and as a form where it has both. */
export const corpus: Readonly<Record<Threat, readonly Row[]>> = {
  ...nameAttacks,
  ...bodyAttacks,
  ...batchAttacks,
  ...encodingAttacks,
  ...requestAttacks,
  ...callbackAttacks,
  ...userAttacks,
  ...webhookAttacks,
}

/** The rows of each threat that run at every adapter. */
const rowsPerThreat = 4

/**
 * The rows that an adapter can get wrong. The endpoint decides all others before or after the adapter has converted the
 * request. Measured by mutating the adapters: four rows of each threat, and the rows for an empty form and for no
 * Content-Type, kill every mutant that the whole corpus kills.
 */
export const carriage: Readonly<Record<Threat, readonly Row[]>> = mapValues(corpus, (rows) => {
  const chosen = new Set([...spread(rows).slice(0, rowsPerThreat), ...rows.filter(({ atAdapters }) => atAdapters)])
  return rows.filter((row) => chosen.has(row))
})

/** The rows, those first that differ from the ones before in media type, method, path, framing or callers. */
function spread(rows: readonly Row[]): Row[] {
  const seen = new Set<string>()
  const isNew = ({ type, method, path, chunks, headers, user, behind }: Row) => {
    const key = JSON.stringify([
      type,
      method,
      path,
      chunks !== undefined,
      Object.keys(headers ?? {}),
      user,
      Object.keys(behind ?? {}),
    ])
    return !seen.has(key) && seen.add(key)
  }
  const different = rows.filter(isNew)
  return [...different, ...rows.filter((row) => !different.includes(row))]
}

function mapValues<K extends string, V, W>(record: Readonly<Record<K, V>>, map: (value: V) => W): Record<K, W> {
  return Object.fromEntries(Object.entries<V>(record).map(([key, value]) => [key, map(value)])) as Record<K, W>
}
