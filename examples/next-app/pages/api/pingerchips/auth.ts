import { nodeHandler } from '@pingerchips/core/node'
import type { NextApiRequest } from 'next'
import { authorize } from '@/lib/channels'
import { pingerchips } from '@/lib/pingerchips'
import { sessionCookie, sessionUser } from '@/lib/session'

export default nodeHandler({
  client: pingerchips,
  user: (req: NextApiRequest) => sessionUser(req.cookies[sessionCookie]),
  authorize,
})
