import { fetchHandler } from '@pingerchips/core/fetch'
import { cookies } from 'next/headers'
import { authorize } from '@/lib/channels'
import { sessionCookie, sessionUser } from '@/lib/session'

export const POST = fetchHandler({
  user: async () => sessionUser((await cookies()).get(sessionCookie)?.value),
  authorize,
  // For pusher.signin(): the route ../user-auth.
  signin: ({ user }) => ({ id: user.id, user_info: { name: user.name } }),
})
