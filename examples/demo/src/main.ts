import { PingerchipsServer } from '@pingerchips/core'
import { defaultApp, startLocal } from '@pingerchips/local'
import { exampleApps, type RunningExample, startExample } from './apps.ts'
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
client.trigger = (...event) => {
  triggeredAt = performance.now()
  return trigger.apply(client, event)
}
const apps: RunningExample[] = []
for (const app of exampleApps) apps.push(await startExample(app, client, once ? 0 : app.port))

if (once) {
  let failed = false
  for (const app of apps)
    try {
      console.log(`✓ ${app.name.padEnd(8)} ${await tryExample(app, defaultApp.key, service.port, () => triggeredAt)}`)
    } catch (error) {
      failed = true
      console.log(`✗ ${app.name.padEnd(8)} ${error instanceof Error ? error.message : String(error)}`)
    }
  await close()
  process.exitCode = failed ? 1 : 0
} else {
  console.log(`\nPingerchips, on this machine alone: ${service.url}\n`)
  for (const { name, url } of apps) console.log(`  ${name.padEnd(8)} ${url}`)
  console.log('\nOpen one in two windows and log in as two people. Ctrl-C stops everything.')
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close())
}

async function close(): Promise<void> {
  await Promise.all(apps.map((app) => app.close()))
  await client.close()
  await service.close()
}
