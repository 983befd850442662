import { nodeHandler } from '@pingerchips/core/node'
export default nodeHandler({ authorize: ({ channel }) => channel === 'private-a' })
