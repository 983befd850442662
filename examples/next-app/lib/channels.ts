import { channelRules } from '@pingerchips/core'
import type { User } from './users'

/** Who may join what: the one place that says so, for both endpoints. */
export const authorize = channelRules<User>()({
  'private-user-{id}': ({ user, params }) => params.id === user.id,
  'presence-lobby': ({ user }) => ({ user_id: user.id, user_info: { name: user.name } }),
})
