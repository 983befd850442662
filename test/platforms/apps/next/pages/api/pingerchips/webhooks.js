import { nodeHandler } from '@pingerchips/core/node'
export const config = { api: { bodyParser: false } }
export default nodeHandler({ authorize: () => false, webhooks: { handler() {} } })
