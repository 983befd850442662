import { test } from 'vitest'
import { type InMemoryRequest, type Parser, parsers } from '../app/harness.ts'
import { carriage, corpus } from '../rows/corpus.ts'
import type { Expectation, Row } from '../rows/row.ts'
import { validRequests } from '../rows/valid-requests.ts'
import { validWebhooks } from '../rows/valid-webhooks.ts'
import { check, expectedBehind, validRow } from './check-row.ts'
import { assertHarmless } from './harmless.ts'
import { type OpenedApp, overSocket, type Send, type Subject, useApp } from './opened-app.ts'

/** Rows of honest clients and of the service. */
export const validRows: readonly Row[] = [...validRequests, ...validWebhooks]
const hostileRows: readonly Row[] = Object.values(corpus).flat()

/** One way to run the app that every row is sent to. */
interface Setup {
  readonly name: string
  check(row: Row): Promise<void>
}

/** Every row, without a parser in front, behind each parser, and in memory. */
export function rows(subject: Subject): void {
  const inFront = subject.parsers ?? (subject.isMinimumVersion ? (['none', 'both'] as const) : parsers)
  const setups = [...inFront.map((parser) => behind(subject, parser)), ...inMemory(subject)]
  for (const row of validRows) {
    if (subject.standalone && row.needsApp) continue
    test(row.name, () => inEverySetup(setups, row))
  }
  for (const [threat, attacks] of Object.entries(subject.corpus === 'whole' ? corpus : carriage))
    for (const row of attacks) {
      if (subject.standalone && row.needsApp) continue
      test(`${threat}: ${row.name}`, () => inEverySetup(setups, row))
    }
}

function behind(subject: Subject, parser: Parser): Setup {
  const app = useApp(subject, parser)
  return {
    name: parser === 'none' ? 'no parser in front' : `behind parser ${parser}`,
    check: (row) => checkRow(app, row, overSocket(app), expectedBehind(subject, parser, row)),
  }
}

function inMemory(subject: Subject): Setup[] {
  if (!subject.inMemory) return []
  const app = useApp(subject, 'none')
  return [
    {
      name: 'in memory',
      async check(row) {
        // A request in memory has no pieces.
        if (row.chunks !== undefined) return
        const { inMemory } = app.running
        if (inMemory === undefined) throw new Error("The harness has the trait 'inMemory' and no inMemory().")
        await checkRow(app, row, (request) => inMemory(trimmed(request)), expectedBehind(subject, 'none', row))
      },
    },
  ]
}

/** HTTP parsers remove the blanks around a header's value. */
function trimmed(request: InMemoryRequest): InMemoryRequest {
  const headers = Object.entries(request.headers).map(([name, value]) => [name, value.trim()])
  return { ...request, headers: Object.fromEntries(headers) }
}

/** Each setup has an app of its own, so they run at once. An error names its setup. */
async function inEverySetup(setups: readonly Setup[], row: Row): Promise<void> {
  const results = await Promise.allSettled(setups.map((setup) => setup.check(row)))
  for (const [index, result] of results.entries()) {
    if (result.status === 'fulfilled') continue
    const error = result.reason as Error
    error.message = `${setups[index]?.name}: ${error.message}`
    throw error
  }
}

/**
 * After a hostile row nothing is signed or echoed, and the same process still grants a valid request. The response to a batch
 * names its channels, and was compared as a whole.
 */
async function checkRow(app: OpenedApp, row: Row, send: Send, expectation: Expectation): Promise<void> {
  const exchange = await check(app, row, send, expectation).catch((error: Error) => {
    const mayBeLarge = [expectation.status].flat().includes(413)
    if (app.isWorker && mayBeLarge && isLost(error)) return undefined
    throw error
  })
  if (!hostileRows.includes(row)) return
  const isBatch = expectation.batch !== undefined && exchange?.reply.status === 200
  if (exchange !== undefined && !isBatch) assertHarmless(exchange.request, exchange.reply, hostileRows)
  await check(app, validRow, send, validRow.expect)
}

/** A connection that is closed while the client sends may lose the response. */
const isLost = (error: Error & { code?: unknown }): boolean => error.code === 'EPIPE' || error.code === 'ECONNRESET'
