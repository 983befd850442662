import { PingerchipsServer } from '@pingerchips/core'
export async function POST() {
  await PingerchipsServer.fromEnv().trigger('private-a', 'shipped', { id: 1 })
  return Response.json({ ok: true })
}
