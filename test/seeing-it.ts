import { context, trace } from '@opentelemetry/api'
import type { InMemorySpanExporter } from '@opentelemetry/sdk-trace-base'
import { PingerchipsServer } from '@pingerchips/core'
import { fetchHandler } from '@pingerchips/core/fetch'
import { expect } from 'vitest'
import type { Scenario } from './scenarios.ts'

/** The snippets of docs/seeing-it.md, in its order. */
export const seeingIt: Readonly<Record<string, Scenario>> = {
  'seeing-hooks': {
    listen: /^const log = pino\(\)$/m,
    before: `const lines: string[] = []
const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) })`,
    after: 'export { client, lines }',
    async run({ client, lines }) {
      await useOnce(client as PingerchipsServer)
      const said = (lines as string[]).map((line) => JSON.parse(line))
      expect(said.map(({ msg }) => msg.replace('pingerchips: ', ''))).toEqual(['request', 'response', 'auth'])
      expect(said).toMatchObject([
        { event: 'e', bytes: 51 },
        { status: 200 },
        { outcome: 'granted', channel: 'private-a' },
      ])
      expect((lines as string[]).join('')).not.toContain('canary')
    },
  },
  'seeing-traces': {
    before: `import { context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
const exporter = new InMemorySpanExporter()
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }))`,
    after: 'export { exporter }',
    async run({ exporter }) {
      const client = PingerchipsServer.fromEnv()
      const request = trace.getTracer('app').startSpan('POST /orders')
      await context.with(trace.setSpan(context.active(), request), () => useOnce(client))
      request.end()
      const spans = (exporter as InMemorySpanExporter).getFinishedSpans()
      expect(spans.map(({ name }) => name)).toEqual(['trigger e', 'auth subscribe', 'POST /orders'])
      for (const span of spans.slice(0, 2)) expect(span.parentSpanContext?.spanId).toBe(request.spanContext().spanId)
      await client.close()
    },
  },
}

/** One trigger, and one join that is granted. */
async function useOnce(client: PingerchipsServer): Promise<void> {
  await client.trigger('private-a', 'e', 'canary')
  const handler = fetchHandler({ client, authorize: () => true })
  const headers = { 'content-type': 'application/json' }
  const body = '{"socket_id":"1.1","channel_name":"private-a"}'
  const response = await handler(new Request('http://127.0.0.1/', { method: 'POST', headers, body }))
  expect(response.status).toBe(200)
}
