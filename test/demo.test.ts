import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Demo, startDemo } from '@examples/demo/demo'
import { PingerchipsServer } from '@pingerchips/core'
import { defaultApp, type LocalService, startLocal } from '@pingerchips/local'
import axe from 'axe-core'
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { forward } from '../examples/demo/src/forward.ts'
import { hasChromium, launchChromium } from './chromium.ts'

if (!hasChromium)
  console.log('Most of test/demo.test.ts is skipped: there is no /usr/bin/chromium (apt-get install chromium)')

const frameworks = ['Express', 'Fastify', 'Hono', 'Koa']

let service: LocalService
let client: PingerchipsServer
let demo: Demo

beforeAll(async () => {
  service = await startLocal()
  const { id, key, secret } = defaultApp
  client = new PingerchipsServer(id, secret, { appKey: key, endpoint: service.url })
  demo = await startDemo(service, client, true)
})
afterAll(async () => {
  await demo.close()
  await client.close()
  await service.close()
})

test.each([
  ['a page of a foreign host name (DNS rebinding)', { host: 'evil.example', origin: 'http://evil.example' }],
  ['a page of another origin', { origin: 'https://evil.example' }],
])('refuses %s', async (_, headers) => {
  const { hostname, port } = new URL(demo.url)
  const asked = request({ hostname, port, path: '/express/alice/login', method: 'POST', headers }).end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  expect(answer.resume().statusCode).toBe(403)
})

test('responds 502 for an app that closes the connection', async () => {
  const app = createServer((_request, response) => void response.socket?.destroy()).listen(0, '127.0.0.1')
  await once(app, 'listening')
  const { port } = app.address() as AddressInfo
  const page = createServer((request, response) => forward(request, response, `http://127.0.0.1:${port}`, '/a')).listen(
    0,
  )
  await once(page, 'listening')
  const url = `http://127.0.0.1:${(page.address() as AddressInfo).port}/a/b`
  expect((await fetch(url, { method: 'POST', body: 'x' })).status).toBe(502)
  app.close()
  page.close()
  page.closeAllConnections()
})

interface Excerpt {
  file: string
  line: number
  lines: string[]
  marked: number[]
}

test('shows the code that runs, in whole statements', async () => {
  const { apps } = (await (await fetch(`${demo.url}/demo.json`)).json()) as {
    apps: { framework: string; excerpts: Record<string, Excerpt> }[]
  }
  expect(apps.map(({ framework }) => framework)).toEqual(frameworks)
  for (const { excerpts } of apps) {
    for (const { file, line, lines } of Object.values(excerpts)) {
      const there = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8').split('\n')
      const indent = there[line - 1]?.search(/\S/) ?? 0
      expect(there.slice(line - 1, line - 1 + lines.length)).toEqual(
        lines.map((text) => (text === '' ? '' : ' '.repeat(indent) + text)),
      )
      const text = lines.join('')
      for (const [open, close] of ['()', '{}', '[]'])
        expect(text.split(open ?? '')).toHaveLength(text.split(close ?? '').length)
    }
    const marked = (step: string) => excerpts[step]?.marked.map((index) => excerpts[step]?.lines[index]?.trim())
    expect(marked('login')).toEqual([expect.stringMatching(/session|setSignedCookie/)])
    expect(marked('presence')).toEqual([
      `if (kind === 'presence')`,
      `return channel === 'presence-lobby' && { user_id: user.id, user_info: { name: user.name } }`,
    ])
    expect(marked('notify')).toEqual([expect.stringContaining('pingerchips.trigger(`private-user-')])
    expect(marked('refusal')).toEqual([expect.stringContaining('return channel === `private-user-')])
  }
})

test('serves each app once for each user, with cookies of their own', async () => {
  for (const { name } of demo.apps) {
    const login = await fetch(`${demo.url}/${name}/bob/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'bob' }),
    })
    expect(login.status).toBe(200)
    expect(await login.json()).toEqual({ id: 'bob', name: 'Bob' })
    const cookies = login.headers.getSetCookie()
    expect(cookies.length).toBeGreaterThan(0)
    for (const cookie of cookies) expect(cookie).toMatch(new RegExp(`; Path=/${name}/bob(;|$)`))
  }
  for (const path of ['/koa/unknown/login', '/koa/alice', '/flask/alice/login', '/..%2fpackage.json', '/nothing'])
    expect((await fetch(demo.url + path)).status).toBe(404)
})

describe.skipIf(!hasChromium)('in Chromium', () => {
  let browser: Browser
  /** Errors and warnings of every page, without the browser's own message for an expected 403. */
  const faults: string[] = []
  const refusals: string[] = []
  const hosts = new Set<string>()

  beforeAll(async () => {
    browser = await launchChromium()
  }, 60_000)
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close()
    expect(faults.splice(0)).toEqual([])
    expect([...hosts]).toEqual([new URL(demo.url).host])
    refusals.length = 0
  })
  afterAll(() => browser?.close())

  async function newContext(options?: BrowserContextOptions): Promise<BrowserContext> {
    const context = await browser.newContext(options)
    // Shorter than the test's own timeout, so that the failure names what is missing.
    context.setDefaultTimeout(20_000)
    context.on('page', (page) => {
      page.on('pageerror', (fault) => faults.push(fault.message))
      page.on('console', (message) => {
        const refused = message.text().includes('status of 403') && message.location().url.endsWith('/pingerchips/auth')
        if (refused) refusals.push(new URL(message.location().url).pathname)
        else if (['error', 'warning'].includes(message.type())) faults.push(message.text())
      })
    })
    context.on('request', (request) => hosts.add(new URL(request.url()).host))
    return context
  }

  async function openAs(name: string, framework: string, context: BrowserContext): Promise<Page> {
    const page = await context.newPage()
    await page.goto(demo.url)
    await page.getByLabel(framework).check()
    await page.getByRole('button', { name }).click()
    await page.getByText(`${name} (you)`).waitFor()
    return page
  }

  for (const framework of frameworks)
    test(`two windows of one browser are two users: ${framework}`, async () => {
      const name = framework.toLowerCase()
      const context = await newContext()
      const alice = await openAs('Alice', framework, context)
      await alice.getByText(`You are Alice, in the ${framework} app.`).waitFor()

      const opened = context.waitForEvent('page')
      await alice.getByRole('link', { name: 'Open a second window as Bob' }).click()
      const bob = await opened
      await bob.getByText('Bob (you)').waitFor()
      await bob.getByText(`You are Bob, in the ${framework} app.`).waitFor()
      await alice.getByText('Bob joined').waitFor()
      expect(await members(alice)).toEqual(['Alice (you)', 'Bob'])
      expect(await members(bob)).toEqual(['Alice', 'Bob (you)'])
      expect(new Set((await context.cookies()).map(({ path }) => path))).toEqual(
        new Set([`/${name}/alice`, `/${name}/bob`]),
      )

      await bob.getByLabel('To').selectOption('Alice')
      await bob.getByLabel('Text').fill('<b>lunch?</b>')
      await bob.getByRole('button', { name: 'Send' }).click()
      await bob.getByText('Sent to Alice.').waitFor()
      await alice.getByText('Bob: <b>lunch?</b>').waitFor()
      // Bob logged in later in the same browser; the session of alice is unchanged.
      await alice.getByRole('button', { name: 'Send' }).click()
      await alice.getByText('Alice: Your order has shipped').waitFor()
      expect(await bob.locator('#arrived li').count()).toBe(0)

      await alice.getByRole('button', { name: 'Join private-user-bob' }).click()
      await alice.getByText('Refused: 403').waitFor()
      const verdict = alice.locator('#verdict')
      expect(await verdict.getByRole('listitem').allTextContents()).toEqual([
        expect.stringMatching(
          new RegExp(
            `^Your browser sent POST /${name}/alice/pingerchips/auth for connection [\\d.]+ and private-user-bob\\.$`,
          ),
        ),
        'user found Alice in the session.',
        'authorize returned false for Alice and this channel.',
        'The app responded 403 {"error":"Access denied"} and signed nothing. The service refuses a subscription without a signature.',
      ])
      expect(await verdict.getByRole('link').getAttribute('href')).toBe(`${service.url}/#channel=private-user-bob`)
      expect(refusals).toEqual([`/${name}/alice/pingerchips/auth`])

      await bob.close()
      await alice.getByText('Bob left').waitFor()
      expect(await members(alice)).toEqual(['Alice (you)'])
    }, 60_000)

  test('users of different apps see each other, and a window that changes its app keeps its user', async () => {
    const context = await newContext()
    const alice = await openAs('Alice', 'Express', context)
    const bob = await openAs('Bob', 'Koa', context)
    await alice.getByText('Bob joined').waitFor()
    await alice.getByLabel('Hono').check()
    await bob.getByText('Alice left').waitFor()
    await alice.getByText('You are Alice, in the Hono app.').waitFor()
    await alice.getByText('Bob', { exact: true }).first().waitFor()
    expect(await alice.locator('#code-login').textContent()).toContain('examples/hono-node/src/app.ts')
    await alice.reload()
    await alice.getByText('You are Alice, in the Hono app.').waitFor()
  }, 60_000)

  test('a user whose session has ended sees it and can log in again', async () => {
    const context = await newContext()
    const page = await openAs('Alice', 'Fastify', context)
    await context.clearCookies()
    await page.getByRole('button', { name: 'Join private-user-bob' }).click()
    await page.getByText('user found no user in the session. authorize was not called.').waitFor()
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByText('The app responded 401 to the request.').waitFor()
    await page.getByRole('button', { name: 'Alice' }).click()
    await page.getByText('Alice (you)').waitFor()
    await page.getByRole('button', { name: 'Join private-user-bob' }).click()
    await page.getByText('authorize returned false').waitFor()
    // The browser's own message.
    expect(faults.splice(0)).toEqual([expect.stringContaining('status of 401')])
  }, 60_000)

  test('every control is reachable by keyboard', async () => {
    const context = await newContext()
    const page = await context.newPage()
    await page.goto(demo.url)
    await page.getByLabel('Express').and(page.locator(':checked')).waitFor()
    const tabTo = async (wanted: Locator) => {
      for (let tabs = 0; tabs < 9; tabs++) {
        await page.keyboard.press('Tab')
        if ((await wanted.and(page.locator(':focus')).count()) === 1) return
      }
      throw new Error(`${wanted} is not within 9 tabs`)
    }
    await tabTo(page.getByLabel('Express'))
    await page.keyboard.press('ArrowRight')
    await page.getByLabel('Fastify').and(page.locator(':focus:checked')).waitFor()
    await tabTo(page.getByRole('button', { name: 'Alice' }))
    await page.keyboard.press('Enter')
    await page.getByText('You are Alice, in the Fastify app.').waitFor()
    await tabTo(page.getByLabel('Text'))
    await page.keyboard.type('By hand')
    await page.keyboard.press('Enter')
    await page.getByText('Alice: By hand').waitFor()
    await tabTo(page.getByRole('button', { name: 'Join private-user-bob' }))
    await page.keyboard.press('Enter')
    await page.getByText('Refused: 403').waitFor()
    await page.keyboard.press('Tab')
    expect(await page.locator(':focus').textContent()).toBe('See private-user-bob in the console')
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineWidth')).toBe('3px')
  }, 60_000)

  for (const colorScheme of ['light', 'dark'] as const)
    for (const width of [1280, 390])
      test(`has no serious accessibility fault and no horizontal scrolling: ${colorScheme}, ${width} px`, async () => {
        const context = await newContext({ colorScheme, reducedMotion: 'reduce', viewport: { width, height: 800 } })
        const page = await context.newPage()
        await page.goto(demo.url)
        await page.locator('summary').nth(3).waitFor()
        // On a narrow screen the code is collapsed.
        if (width === 390) for (const summary of await page.locator('summary').all()) await summary.click()
        await page.locator('mark').last().waitFor()
        await expectGoodPage(page)
        await page.getByRole('button', { name: 'Alice' }).click()
        await page.getByText('Alice (you)').waitFor()
        await page.getByLabel('Text').fill('x'.repeat(200))
        await page.getByRole('button', { name: 'Send' }).click()
        await page.getByText(`Alice: ${'x'.repeat(200)}`).waitFor()
        await page.getByRole('button', { name: 'Join private-user-bob' }).click()
        await page.getByText('Refused: 403').waitFor()
        await expectGoodPage(page)
      }, 60_000)
})

async function members(page: Page): Promise<string[]> {
  return (await page.locator('#members li').allTextContents()).sort()
}

async function expectGoodPage(page: Page): Promise<void> {
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(page.viewportSize()?.width)
  await page.evaluate(axe.source)
  const { violations } = (await page.evaluate('axe.run()')) as axe.AxeResults
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(', ')}`)).toEqual([])
}
