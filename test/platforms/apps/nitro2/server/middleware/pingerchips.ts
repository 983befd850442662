import { pingerchips } from '@pingerchips/h3'

export default pingerchips({
  authorize: ({ channel }) => channel === 'private-a',
  webhooks: { handler() {} },
})
