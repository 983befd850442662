import type { NextApiRequest, NextApiResponse } from 'next'
import { cookieOptions, newSession, sessionCookie } from '@/lib/session'
import { users } from '@/lib/users'

// Your app checks a password here.
export default async function login(req: NextApiRequest, res: NextApiResponse) {
  const user = users.get(req.body?.name)
  if (user === undefined) return res.status(401).json({ error: 'No such user' })
  const attributes = `HttpOnly; SameSite=Lax; Path=/${cookieOptions.secure ? '; Secure' : ''}`
  res.setHeader('set-cookie', `${sessionCookie}=${await newSession(user.id)}; ${attributes}`)
  res.json(user)
}
