import { defineEventHandler } from 'h3'

export default defineEventHandler(async (event) => {
  await event.context.pingerchips.trigger('private-a', 'shipped', { id: 1 })
  return { ok: true }
})
