import assert from 'node:assert/strict'
import { appFailed, appHasNoRoute, appHeaders, appKey, type InMemoryRequest, type Reply } from '../app/harness.ts'
import type { Row } from '../rows/row.ts'

/** Asserts that a response to a hostile request signs nothing and echoes nothing, whatever its row expects. */
export function assertHarmless(request: InMemoryRequest, reply: Reply, rows: readonly Row[]): void {
  own ??= new Set(ownTexts(rows).flatMap(pieces))
  const texts = [reply.body, ...Object.values(reply.headers).flat()].filter((text) => text !== undefined)
  for (const text of texts) {
    assert.ok(!text.includes(appKey), `signed: ${text}`)
    assert.ok(!/[0-9a-f]{64}/i.test(text), `signed: ${text}`)
  }
  const sent = textOf(request)
  const echo = texts.flatMap(pieces).find((piece) => !own?.has(piece) && sent.includes(piece))
  assert.equal(echo, undefined, `'${echo}' of the request is in the response: ${texts.join(' ')}`)
}

const pieceLength = 6
const pieces = (text: string): string[] =>
  Array.from({ length: Math.max(0, text.length - pieceLength + 1) }, (_, at) => text.slice(at, at + pieceLength))

/** Pieces of responses that contain no echo. */
let own: ReadonlySet<string> | undefined
/** The texts of refusals: those that the rows expect, and those in the head of every HTTP response. */
function ownTexts(rows: readonly Row[]): string[] {
  return [
    ...rows.flatMap(({ expect }) => [JSON.stringify(expect.json ?? null), ...Object.values(expect.headers ?? {})]),
    JSON.stringify(appFailed),
    JSON.stringify(appHasNoRoute),
    ...Object.values(appHeaders),
    'application/json; charset=utf-8',
    'keep-alive',
  ]
}

/** A request as it is sent and without its escapes. Of a long body only the beginning, since no more is read. */
function textOf({ path, headers, body }: InMemoryRequest): string {
  const text = Buffer.from(body.subarray(0, 20_000)).toString()
  return [path, ...Object.values(headers), text, unescaped(text)].join('\n')
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
