import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inject } from 'vitest'
import { hasChromium, launchChromium } from '../../chromium.ts'
import { serve } from '../../serve.ts'
import type { RemoteProcess } from './remote.ts'

/** Starts a program as the service worker of a page in Chromium. */
export async function startServiceWorker(program: string): Promise<RemoteProcess> {
  if (!hasChromium) throw new Error('There is no /usr/bin/chromium: apt-get install chromium')
  const script = await readFile(join(inject('folder'), `${program}.bundle.js`))
  const served = await serve((req, res) => {
    const isScript = req.url === '/worker.js'
    res.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html' })
    res.end(isScript ? script : '<!doctype html>')
  })
  const browser = await launchChromium()
  const page = await browser.newPage()
  await page.goto(served.url)
  return {
    portOf: (port) => port,
    async order(order) {
      const reply = await page.evaluate<string>(`(${askServiceWorker})(${JSON.stringify(JSON.stringify(order))})`)
      return JSON.parse(reply)
    },
    async stop() {
      await browser.close()
      await served.close()
    },
  }
}

/** Runs in the page. */
const askServiceWorker = `async (order) => {
  await navigator.serviceWorker.register('/worker.js', { type: 'module' })
  const { active } = await navigator.serviceWorker.ready
  return new Promise((resolve) => {
    navigator.serviceWorker.addEventListener('message', ({ data }) => resolve(data))
    navigator.serviceWorker.startMessages()
    active.postMessage(order)
  })
}`
