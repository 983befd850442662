import { createHmac } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { PingerchipsServer } from '@pingerchips/core'
import { startLocal } from '@pingerchips/local/testing'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { packAll } from '../packages/pack.ts'
import { type Built, build, start } from './build.ts'
import { type Platform, platforms } from './platforms.ts'

/** Tests each platform of a tier: it builds without a warning of ours, signs, verifies webhooks and triggers. */
export function runPlatforms(tier: Platform['tier']): void {
  const packing = packAll()
  describe.each(platforms.filter((platform) => platform.tier === tier))('$name', (platform) => {
    let service: Awaited<ReturnType<typeof startLocal>>
    let built: Built
    let url: string
    let stop = async () => {}

    beforeAll(async () => {
      service = await startLocal()
      built = await build(await packing, platform)
      const running = await start(built, platform.start, service.env)
      ;({ url, stop } = running)
      await vi.waitUntil(() => fetch(url).catch(() => undefined), { timeout: 60_000, interval: 50 })
    }, 900_000)
    afterAll(async () => {
      await stop()
      await service?.close()
      if (built !== undefined) await rm(built.folder, { recursive: true, force: true })
    }, 300_000)
    const post = async (path: string, init: RequestInit) => {
      const response = await fetch(url + path, { method: 'POST', signal: AbortSignal.timeout(20_000), ...init })
      return [response.status, await response.text()]
    }

    test('is built without a warning that names one of our packages', () => {
      const lines = built.output.split('\n').filter((line) => /@pingerchips\/|undici|@noble/.test(line))
      // Not the list of what was built, with sizes.
      expect(lines.filter((line) => !/\bk?B\b/.test(line))).toEqual([])
    })

    test.each(platform.endpoints)('$path signs, verifies a webhook by its bytes, and triggers', async (endpoint) => {
      const { path, notify } = endpoint
      const signed = PingerchipsServer.fromEnv(service.env).authenticate('1.1', 'private-a')
      const request = new URLSearchParams({ socket_id: '1.1', channel_name: 'private-a' })
      expect(await post(`${path}/auth`, { body: request })).toEqual([200, JSON.stringify(signed)])
      const json = {
        body: JSON.stringify(Object.fromEntries(request)),
        headers: { 'content-type': 'application/json' },
      }
      expect(await post(`${path}/auth`, json)).toEqual([200, JSON.stringify(signed)])
      request.set('channel_name', 'private-b')
      expect(await post(`${path}/auth`, { body: request })).toEqual([403, '{"error":"Access denied"}'])
      const body = JSON.stringify(
        { time_ms: Date.now(), events: [{ name: 'channel_occupied', channel: 'private-a' }] },
        undefined,
        1,
      )
      const { PINGERCHIPS_APP_KEY: key = '', PINGERCHIPS_APP_SECRET: secret = '' } = service.env
      const signature = createHmac('sha256', secret).update(body).digest('hex')
      const headers = { 'content-type': 'application/json', 'x-pusher-key': key, 'x-pusher-signature': signature }
      expect(await post(`${path}/webhooks`, { body, headers })).toEqual([200, '{}'])
      service.clear()
      expect(await post(notify, {})).toEqual([200, '{"ok":true}'])
      expect((await service.triggered('private-a', 'shipped')).data).toEqual({ id: 1 })
    })
  })
}
