import { PingerchipsServer } from '@pingerchips/core'
export default async function handler(_req, res) {
  await PingerchipsServer.fromEnv().trigger('private-a', 'shipped', { id: 1 })
  res.json({ ok: true })
}
