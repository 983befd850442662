import { PingerchipsServer } from '@pingerchips/core'
import { fetchHandler } from '@pingerchips/core/fetch'
import { jwtUser } from '@pingerchips/jwt'

export const POST = fetchHandler({
  client: PingerchipsServer.fromEnv(),
  user: jwtUser({ jwksUrl: 'https://login.example/keys', issuer: 'login', audience: 'chat', algorithms: ['RS256'] }),
  authorize: ({ channel, user }) => channel === `private-user-${user.sub}`,
})
