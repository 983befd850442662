import type { Handle } from '@sveltejs/kit'
import { sessionCookie, sessionUser } from '$lib/server/session'

export const handle: Handle = async ({ event, resolve }) => {
  event.locals.user = await sessionUser(event.cookies.get(sessionCookie))
  return resolve(event)
}
