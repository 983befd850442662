import { fetchHandler } from '@pingerchips/core/fetch'
import { jwtUser } from '@pingerchips/jwt'
import { client } from './core.js'

export const POST = fetchHandler({
  client,
  user: jwtUser({ jwksUrl: 'https://login.example/keys', issuer: 'login', audience: 'chat', algorithms: ['RS256'] }),
  authorize: ({ channel, user }) => channel === `private-user-${user.sub}`,
})
