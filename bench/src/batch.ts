import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { channelCount, frameworks, loadPage, type Mode } from './batch/page.ts'
import { interleaved, median } from './rounds.ts'

const executablePath = '/usr/bin/chromium'

/** A cold page of 40 private channels in Chromium, with one auth request for each channel and with one for all. */
export async function benchBatch(rounds: number): Promise<void> {
  if (!existsSync(executablePath)) {
    console.log('batch: skipped, there is no /usr/bin/chromium')
    return
  }
  const browser = await chromium.launch({ executablePath, args: ['--headless', '--no-sandbox', '--disable-gpu'] })
  try {
    console.log(`batch: ${channelCount} channels of a cold page, a session look-up takes 20 ms`)
    for (const [framework, name] of Object.entries(frameworks)) {
      const modes: readonly Mode[] = ['single', 'batch']
      const [single = [], batch = []] = await interleaved(
        modes.map((mode) => () => loadPage(browser, framework, mode)),
        rounds,
      )
      const ratio = median(single.map(({ subscribed }, round) => (batch[round]?.subscribed ?? Number.NaN) / subscribed))
      const line = (loads: typeof single) =>
        `${loads[0]?.requests} requests, ${median(loads.map(({ subscribed }) => subscribed)).toFixed(0)} ms (${median(loads.map(({ total }) => total)).toFixed(0)} ms since the navigation)`
      console.log(`  ${name}: ${line(single)}; batch: ${line(batch)}; ${ratio.toFixed(2)} of the time`)
    }
  } finally {
    await browser.close()
  }
}
