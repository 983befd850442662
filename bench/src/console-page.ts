import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'

const executablePath = '/usr/bin/chromium'

/** The console of a service, open in Chromium. */
export class ConsolePage {
  readonly #browser: Browser
  readonly #page: Page

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser
    this.#page = page
  }

  /** Answers `undefined` where there is no Chromium. */
  static async open(url: string): Promise<ConsolePage | undefined> {
    if (!existsSync(executablePath)) return undefined
    const browser = await chromium.launch({ executablePath, args: ['--headless', '--no-sandbox', '--disable-gpu'] })
    const page = await browser.newPage()
    await page.goto(url)
    await page.getByText('live', { exact: true }).waitFor()
    await page.evaluate(`{
      globalThis.longestFrame = 0
      let last = performance.now()
      const frame = (now) => {
        globalThis.longestFrame = Math.max(globalThis.longestFrame, now - last)
        last = now
        requestAnimationFrame(frame)
      }
      requestAnimationFrame(frame)
    }`)
    return new ConsolePage(browser, page)
  }

  /** Waits until it shows as many connections; forgets the frames up to then. */
  async settle(connections: number): Promise<void> {
    await this.#page.locator('#connection-total').getByText(connections.toLocaleString('en'), { exact: true }).waitFor()
    await this.#page.evaluate('globalThis.longestFrame = 0')
  }

  /** Milliseconds, by the page's own clock, from a click on Pause and one on Resume to the next frame. */
  async click(): Promise<number> {
    return Number(
      await this.#page.evaluate(`new Promise((resolve) => {
        const start = performance.now()
        const button = document.getElementById('pause')
        button.click()
        button.click()
        requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - start)))
      })`),
    )
  }

  /** Milliseconds of the longest frame since it settled. */
  async longestFrame(): Promise<number> {
    return Number(await this.#page.evaluate('globalThis.longestFrame'))
  }

  /** Waits until it has counted so many events. Answers how many rows it shows, and all that it has counted. */
  async look(events: number): Promise<{ rows: number; counted: string }> {
    await this.#page.getByRole('button', { name: `Events ${events}`, exact: true }).waitFor()
    const rows = await this.#page.locator('#entries li').count()
    const counted = (await this.#page.locator('#kinds button').allTextContents()).join(', ')
    return { rows, counted }
  }

  close(): Promise<void> {
    return this.#browser.close()
  }
}
