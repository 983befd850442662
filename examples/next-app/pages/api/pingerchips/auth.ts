import { nodeHandler } from '@pingerchips/core/node'
import type { NextApiRequest } from 'next'
import { authorize } from '@/lib/channels'
import { sessionCookie, sessionUser } from '@/lib/session'

export default nodeHandler({
  user: (req: NextApiRequest) => sessionUser(req.cookies[sessionCookie]),
  authorize,
})
