import { fetchHandler } from '@pingerchips/core/fetch'
export const POST = fetchHandler({
  authorize: ({ channel }) => channel === 'private-a',
  webhooks: { handler() {} },
})
