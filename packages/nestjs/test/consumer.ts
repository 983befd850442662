import { PingerchipsServer } from '@pingerchips/core'
import { PingerchipsModule, type PingerchipsModuleOptions, pingerchips } from '@pingerchips/nestjs'

interface User {
  id: string
}
const client = new PingerchipsServer('APP_ID', 'SECRET', { appKey: 'APP_KEY' })

export const fixed = PingerchipsModule.forRoot({
  client,
  user: (request): User => request.user,
  authorize: ({ channel, user }) => channel === `private-user-${user.id}`,
})

class Rooms {
  has(room: string): boolean {
    return room === 'kitchen'
  }
}
export const injected = PingerchipsModule.forRootAsync({
  inject: [Rooms],
  useFactory: (rooms: Rooms) => ({
    user: (request): User => request.user,
    authorize: ({ channel }) => rooms.has(channel),
  }),
})

export const options: PingerchipsModuleOptions = { authorize: () => false }

export const middleware = pingerchips({
  client,
  user: (): User => ({ id: 'ada' }),
  authorize: ({ channel, user }) => channel === `private-user-${user.id}`,
})
