import { type ChannelRules, channelName, channelRules, deny } from '@pingerchips/core'
import { expectTypeOf, test } from 'vitest'

interface User {
  id: string
  admin: boolean
}

test('the parameters are typed from the pattern', () => {
  channelRules<User>()({
    'private-order-{orderId}-item-{itemId}': ({ params, user }) => {
      expectTypeOf(params).toEqualTypeOf<{ readonly orderId: string; readonly itemId: string }>()
      expectTypeOf(user).toEqualTypeOf<User>()
      // @ts-expect-error: misspelt
      return params.odrerId === user.id
    },
    'private-lobby': async ({ params }) => {
      expectTypeOf<keyof typeof params>().toEqualTypeOf<never>()
      return deny({ status: 401 })
    },
    'presence-room-{room}': async ({ user, params }) => params.room !== '' && { user_id: user.id },
  })
})

test('a presence rule cannot return true', () => {
  // @ts-expect-error: a presence channel needs a member
  channelRules<User>()({ 'presence-lobby': () => true })
  // @ts-expect-error: also as a promise
  channelRules<User>()({ 'presence-{room}': async ({ user }) => user.admin })
  // @ts-expect-error: also with an explicit user type
  channelRules<User>({ 'presence-{room}': () => true })
})

test('an encrypted rule cannot return a member', () => {
  channelRules<User>()({ 'private-encrypted-{id}': async ({ user, params }) => params.id === user.id || deny() })
  // @ts-expect-error: it has no members
  channelRules<User>()({ 'private-encrypted-{id}': ({ user }) => ({ user_id: user.id }) })
  // @ts-expect-error: also with an explicit user type
  channelRules<User>({ 'private-encrypted-{id}': ({ user }) => ({ user_id: user.id }) })
})

test('the pattern of a public channel does not compile', () => {
  // @ts-expect-error: public
  expectTypeOf(() => channelRules<User>()({ lobby: () => false })).toBeFunction()
  // @ts-expect-error: public
  expectTypeOf(() => channelRules<User>({ lobby: () => false })).toBeFunction()
})

test('an explicit user type accepts any parameter name', () => {
  const isMember = async (user: User, room: string) => room === user.id
  const rules = channelRules<User>({
    'private-user-{id}': ({ user, params }) => {
      expectTypeOf(user).toEqualTypeOf<User>()
      return params.id === user.id
    },
    'presence-room-{room}': async ({ user, params }) =>
      (await isMember(user, params.room)) && { user_id: user.id, user_info: { name: user.id } },
  })
  expectTypeOf(rules).toEqualTypeOf<ChannelRules<User, unknown>>()
})

test('joined rules keep the type of the user', () => {
  const one = channelRules<User>()({ 'private-a': () => true })
  const other = channelRules<User>()({ 'private-b': () => true })
  expectTypeOf(channelRules(one, other)).toEqualTypeOf<ChannelRules<User, unknown>>()
})

test('channelName() requires the parameters of its pattern', () => {
  expectTypeOf(channelName('private-user-{id}', { id: 1 })).toEqualTypeOf<string>()
  expectTypeOf(channelName('private-lobby')).toEqualTypeOf<string>()
  const wrong = () => {
    // @ts-expect-error: missing
    channelName('private-user-{id}')
    // @ts-expect-error: missing
    channelName('private-user-{id}', {})
    // @ts-expect-error: misspelt
    channelName('private-user-{id}', { di: '1' })
    // @ts-expect-error: not a text
    channelName('private-user-{id}', { id: true })
  }
  expectTypeOf(wrong).toBeFunction()
})
