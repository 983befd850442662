import assert from 'node:assert/strict'
import { appFailed, appHasNoRoute, appHeaders, appKey, type InMemoryRequest, type Reply } from './app.ts'
import type { Case } from './case.ts'

/** What holds after every hostile request, whatever its row says: nothing is signed, and nothing said back. */
export function assertHarmless(request: InMemoryRequest, reply: Reply, rows: readonly Case[]): void {
  own ??= new Set(ownWords(rows).flatMap(pieces))
  const answers = [reply.body, ...Object.values(reply.headers).flat()].filter((answer) => answer !== undefined)
  for (const answer of answers) {
    assert.ok(!answer.includes(appKey), `signed: ${answer}`)
    assert.ok(!/[0-9a-f]{64}/i.test(answer), `signed: ${answer}`)
  }
  const said = textOf(request)
  const echo = answers.flatMap(pieces).find((piece) => !own?.has(piece) && said.includes(piece))
  assert.equal(echo, undefined, `'${echo}' of the request is in the answer: ${answers.join(' ')}`)
}

const pieceLength = 6
const pieces = (text: string): string[] =>
  Array.from({ length: Math.max(0, text.length - pieceLength + 1) }, (_, at) => text.slice(at, at + pieceLength))

/** Pieces of what is in an answer without an echo. */
let own: ReadonlySet<string> | undefined
/** All that a refusal has to say: what the rows expect, and what every HTTP answer has in its head. */
function ownWords(rows: readonly Case[]): string[] {
  return [
    ...rows.flatMap(({ expect }) => [JSON.stringify(expect.json ?? null), ...Object.values(expect.headers ?? {})]),
    JSON.stringify(appFailed),
    JSON.stringify(appHasNoRoute),
    ...Object.values(appHeaders),
    'application/json; charset=utf-8',
    'keep-alive',
  ]
}

/** What a request says, as it is sent and without its escapes; of a long body the beginning, which is all that is read. */
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
