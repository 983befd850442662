import { PingerchipsServer } from '@pingerchips/core'
import { pingerchips } from '@pingerchips/h3'
import { eventHandler } from 'h3'

// Names that h3 1 has too.
export const middleware = eventHandler(
  pingerchips({
    client: PingerchipsServer.fromEnv(),
    user: ({ headers }) => (headers.get('x-user') === 'ada' ? { id: '1' } : null),
    authorize: ({ channel, user }) => channel === `private-user-${user.id}`,
  }),
)
export const shipped = eventHandler(async ({ context }) => {
  await context.pingerchips.trigger('private-user-1', 'order-update', {})
  return { success: true }
})
