import { defineHandler } from 'nitro/h3'

export default defineHandler(async (event) => {
  await event.context.pingerchips.trigger('private-a', 'shipped', { id: 1 })
  return { ok: true }
})
