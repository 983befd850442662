import { PingerchipsServer } from '@pingerchips/core'
import { defaultApp, startLocal } from '@pingerchips/local'
import { startDemo } from './demo.ts'
import { openInBrowser } from './open.ts'
import { tryExample } from './try.ts'

const once = process.argv.includes('--once')

const service = await startLocal({ port: once ? 0 : 6001 }).catch((error: NodeJS.ErrnoException) => {
  if (error.code !== 'EADDRINUSE') throw error
  return startLocal()
})
process.env.PINGERCHIPS_APP_ID = defaultApp.id
process.env.PINGERCHIPS_APP_KEY = defaultApp.key
process.env.PINGERCHIPS_APP_SECRET = defaultApp.secret
process.env.PINGERCHIPS_ENDPOINT = service.url

const client = PingerchipsServer.fromEnv()
let triggeredAt = Number.NaN
const { trigger } = client
client.trigger = ((...event: Parameters<typeof trigger>) => {
  triggeredAt = performance.now()
  return trigger.apply(client, event)
}) as typeof trigger
const demo = await startDemo(service, client, once)

if (once) {
  let failed = false
  for (const app of demo.apps)
    try {
      console.log(`✓ ${app.name.padEnd(8)} ${await tryExample(app, defaultApp.key, service.port, () => triggeredAt)}`)
    } catch (error) {
      failed = true
      console.log(`✗ ${app.name.padEnd(8)} ${error instanceof Error ? error.message : String(error)}`)
    }
  await close()
  process.exitCode = failed ? 1 : 0
} else {
  console.log(`\nOpen the demo: ${demo.url}\n`)
  console.log('It uses these, all on this machine:')
  for (const { name, url } of [...demo.apps, { name: 'console', url: service.url }])
    console.log(`  ${name.padEnd(8)} ${url}`)
  console.log('\nCtrl-C stops everything.')
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close())
  if (!process.argv.includes('--no-open')) openInBrowser(demo.url)
}

async function close(): Promise<void> {
  await demo.close()
  await client.close()
  await service.close()
}
