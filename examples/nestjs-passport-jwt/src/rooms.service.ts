import { Injectable, Module } from '@nestjs/common'
import { type ChannelRules, channelRules } from '@pingerchips/core'
import type { User } from './auth.module'

@Injectable()
export class RoomsService {
  // Your app asks its database.
  private readonly members = new Map([['kitchen', new Set(['alice'])]])

  isMember(room: string, userId: string): Promise<boolean> {
    return Promise.resolve(this.members.get(room)?.has(userId) === true)
  }

  /** The rules of the app's channels, for `authorize` of Pingerchips. */
  readonly rules: ChannelRules<User> = channelRules<User>()({
    'private-user-{id}': ({ user, params }) => params.id === user.id,
    'presence-room-{room}': async ({ user, params }) =>
      (await this.isMember(params.room, user.id)) && { user_id: user.id, user_info: { name: user.name } },
  })
}

@Module({ providers: [RoomsService], exports: [RoomsService] })
export class RoomsModule {}
