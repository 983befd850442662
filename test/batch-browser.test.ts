import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { channelCount, frameworks, loadPage } from '../bench/src/batch/page.ts'
import { hasChromium, launchChromium } from './chromium.ts'

if (!hasChromium)
  console.log('test/batch-browser.test.ts is skipped: there is no /usr/bin/chromium (apt-get install chromium)')

describe.skipIf(!hasChromium)('a cold page of 40 channels in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  }, 30_000)
  afterAll(() => browser?.close())

  // Time is measured by `npm run bench batch`.
  test.each(Object.entries(frameworks))('sends %s one auth request instead of 40', async (framework) => {
    expect((await loadPage(browser, framework, 'single')).requests).toBe(channelCount)
    expect((await loadPage(browser, framework, 'batch')).requests).toBe(1)
  })
})
