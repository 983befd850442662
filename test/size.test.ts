import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { edgeSize } from '../bench/src/size/edge.ts'

test('at the edge, what signs is less than 12 kB', async () => {
  const { first, all } = await edgeSize('@pingerchips/core')
  expect(first?.gzip).toBeLessThan(12_000)
  expect(all?.gzip).toBeGreaterThan(first?.gzip ?? 0)
})

test.each([[], ['--conditions=bundled']])(
  'undici is loaded with the first trigger, and not before %s',
  (...conditions) => {
    const script = `
import { register } from 'node:module'
const hooks = 'export const load = (url, context, next) => { if (/node_modules.undici.index/.test(url)) process._rawDebug("undici"); return next(url, context) }'
register('data:text/javascript,' + encodeURIComponent(hooks))
const { PingerchipsServer } = await import('@pingerchips/core')
const client = new PingerchipsServer('1', 's', { appKey: 'k', endpoint: 'http://127.0.0.1:9', retries: 0 })
client.authenticate('1.1', 'private-a')
process._rawDebug('signed')
await client.trigger('a', 'b', 1).catch(({ code }) => process._rawDebug(code))
`
    const { stderr } = spawnSync(process.execPath, [...conditions, '--input-type=module', '--eval', script], {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      encoding: 'utf8',
    })
    expect(stderr.match(/^(signed|undici|network)$/gm)).toEqual(['signed', 'undici', 'network'])
  },
)
