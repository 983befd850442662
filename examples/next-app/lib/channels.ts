import { channelRules } from '@pingerchips/core'
import type { User } from './users'

/** The channel rules of both endpoints. */
export const authorize = channelRules<User>()({
  'private-user-{id}': ({ user, params }) => params.id === user.id,
  'presence-lobby': ({ user }) => ({ user_id: user.id, user_info: { name: user.name } }),
})
