import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { existsSync, readFileSync } from 'node:fs'
import { corpus } from '@pingerchips/conformance'
import { PingerchipsServer } from '@pingerchips/core'
import { defaultApp, startLocal } from '@pingerchips/local'
import { expect, test } from 'vitest'

const root = new URL('../', import.meta.url)
const rows = readFileSync(new URL('SECURITY.md', root), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (threat|-+) /.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, threat = '', tried = '']) => ({ threat, tried }))

test('SECURITY.md has a table of threats', () => expect(rows.length).toBeGreaterThan(30))

test.each(rows)('SECURITY.md names an existing test for "$threat"', ({ tried }) => {
  const files = [...tried.matchAll(/\]\(([^)]*)\)/g)].map(([, file = '']) => file)
  expect(files).not.toEqual([])
  expect(files.filter((file) => !existsSync(new URL(file, root)))).toEqual([])
})

test('SECURITY.md names every threat of the corpus, and no other', () => {
  const quoted = rows.flatMap(({ tried }) => [...tried.matchAll(/"([^"]*)"/g)].map(([, name]) => name))
  expect(quoted.sort()).toEqual(Object.keys(corpus).sort())
  expect(Object.entries(corpus).filter(([, tries]) => tries.length === 0)).toEqual([])
})

test('undici publishes the headers of a request, as SECURITY.md says', async () => {
  const service = await startLocal()
  const client = new PingerchipsServer(defaultApp.id, defaultApp.secret, {
    token: defaultApp.token ?? '',
    endpoint: service.url,
  })
  const published: string[] = []
  const onRequest = (message: unknown) =>
    published.push(JSON.stringify((message as { request: { headers: unknown } }).request.headers))
  subscribe('undici:request:create', onRequest)
  try {
    await client.trigger('news', 'sale', {})
  } finally {
    unsubscribe('undici:request:create', onRequest)
    await client.close()
    await service.close()
  }
  expect(published.join()).toContain(defaultApp.token)
})
