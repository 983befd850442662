import { channelRules, deny, type SigninResult, type WebhookEvent } from '@pingerchips/core'
import type { AuthorizeContext, AuthorizeResult, Awaitable } from '@pingerchips/core/adapter'
import type { User } from './harness.ts'

/** Resolves when the suite releases the app. */
type Released = () => Promise<void>

/** The name of the refusal of the harness's framework, such as Hono's `c.json({}, 401)`. */
export const frameworkRefusal = 'a refusal of the framework'

/** Values that an app may return from `user` by mistake, and that are no user. */
const notUsers: Readonly<Record<string, () => unknown>> = {
  'a-response': () => new Response('{}', { status: 401 }),
  'an-error': () => new Error('canary: the session has expired'),
  'a-symbol': () => Symbol('user'),
  true: () => true,
  NaN: () => Number.NaN,
  function: () => () => {},
  'an-array': () => [],
  'fail-401': () => ({ status: 401, data: { error: 'canary' } }),
}
/** The names by which rows ask for them. */
export const notUserNames: readonly string[] = Object.keys(notUsers)

/**
 * Returns the user that the header `x-user` selects.
 * @param refusal makes a refusal of the framework
 */
export function userByHeader(
  id: string | undefined,
  refusal: () => unknown,
): User | null | Promise<User | null> | ReturnType<typeof deny> {
  if (id === undefined) return null
  if (id === 'callable-null') return callable<User | null>(null)
  if (id === 'denied') return deny({ status: 401, challenge: 'Bearer error="invalid_token"' })
  if (id === 'throws') throw new Error('canary: the session store is down')
  const [, name] = /^not-a-user (.+)$/.exec(id) ?? []
  if (name === frameworkRefusal) return refusal() as User
  const notUser = name === undefined ? undefined : own(notUsers, name)
  if (notUser !== undefined) return notUser() as User
  return { id, name: `${id} ☃` }
}

/** Returns the result of `authorize` that a channel's name selects. */
export function authorizeByChannel(
  context: AuthorizeContext<unknown, User>,
  released: Released,
): Awaitable<AuthorizeResult> {
  const { channel, user } = context
  if (channel === 'private-throws-released') return released().then(fail)
  if (/^private-(order|a)/.test(channel)) return rules(context)
  if (channel.startsWith('private-typo')) return misspeltRules(context)
  const result = own(results, channel) ?? own(results, channel.replace(/^(private-encrypted|private|presence)-/, ''))
  return result === undefined ? channel === `private-user-${user.id}` : result(user)
}

/** Returns the result of `signin` for a user. */
export function signinByUser(user: User): SigninResult | Promise<SigninResult> {
  return (own(signins, user.id) ?? defaultSignin)(user)
}

/** Does with a webhook what the channel of its first event selects. */
export async function webhookByChannel(
  event: WebhookEvent | undefined,
  released: Released,
  isReleased: () => boolean,
): Promise<void> {
  if (event?.name !== 'channel_occupied') return
  if (event.channel === 'held') await released()
  if (event.channel === 'fails-until-released' && !isReleased()) fail()
  await own(webhookActs, event.channel)?.()
}

function fail(): never {
  throw new Error('canary: the database is down')
}

/** The app's channel rules. */
const rules = channelRules<User>({
  'private-order-{id}': ({ user, params }) => params.id === user.id,
  'private-order-{id}-lines-{line}': ({ user, params }) => params.id === user.id,
  'private-a.b-{id}': () => true,
})

/** Rules with an explicit user type accept any parameter name: the compiler cannot find this mistake. */
const misspeltRules = channelRules<User & { nickname?: string }>({
  'private-typo-{userId}': ({ user, params }) => (params as Record<string, string>).id === user.nickname,
})

/** A name may be one that every object inherits. */
const own = <T>(record: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined

const defaultSignin = ({ id, name }: User): SigninResult => ({ id, user_info: { name }, watchlist: ['bob'] })

/** Results of `signin`, by the id of the user. */
const signins: Readonly<Record<string, (user: User) => SigninResult | Promise<SigninResult>>> = {
  '12345': ({ id }) => ({ id }),
  later: async ({ id }) => ({ id }),
  refused: () => null,
  expired: () => deny({ status: 401, error: 'token_expired' }),
  'no-id': () => ({ id: '' }),
  'whole-user': ({ id }) => ({ id, password_hash: 'canary' }) as SigninResult,
  true: () => true as unknown as SigninResult,
  'watches-numbers': ({ id }) => ({ id, watchlist: [1] }) as unknown as SigninResult,
  rejects: async () => fail(),
}

/** Results of `authorize`, by the end of the channel name. */
const results: Readonly<Record<string, (user: User) => AuthorizeResult | Promise<AuthorizeResult>>> = {
  foobar: () => true,
  true: () => true,
  'whole-user': ({ id }) => ({ user_id: id, password_hash: 'canary' }) as AuthorizeResult,
  'to-json': ({ id }) => new Model(id),
  later: async () => true,
  false: () => false,
  null: () => null,
  undefined: () => undefined,
  member: ({ id, name }) => ({ user_id: id, user_info: { name } }),
  'member-later': async ({ id }) => ({ user_id: id }),
  'presence-foobar': () => ({ user_id: 10, user_info: { name: 'Mr. Channels' } }),
  'no-id': () => ({ user_info: {} }) as unknown as AuthorizeResult,
  'surrogate-id': () => ({ user_id: '\ud800' }),
  'empty-id': () => ({ user_id: '' }),
  yes: () => 'yes' as unknown as AuthorizeResult,
  list: () => [] as unknown as AuthorizeResult,
  'deny-401': () => deny({ status: 401, error: 'token_expired' }),
  'deny-403': async () => deny({ error: 'the room is full' }),
  throws: fail,
  rejects: async () => fail(),
  'throws-null': () => {
    throw null
  },
  'rejects-undefined': () => Promise.reject(undefined),
  'callable-true': () => callable<AuthorizeResult>(true),
  'thenable-throws': () =>
    ({
      // biome-ignore lint/suspicious/noThenProperty: an app may do this by mistake.
      then() {
        throw null
      },
    }) as unknown as Promise<AuthorizeResult>,
  'thenable-hangs': () =>
    ({
      // biome-ignore lint/suspicious/noThenProperty: as above.
      then: (resolve: (value: unknown) => void) => resolve(new Promise(() => {})),
    }) as unknown as Promise<AuthorizeResult>,
  econnreset: () => {
    throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
  },
  'too-large': () => Promise.reject(Object.assign(new Error('canary'), { code: 'FST_ERR_CTP_BODY_TOO_LARGE' })),
  'throws-route': () => {
    throw 'route'
  },
  hangs: () => new Promise(() => {}),
}

/** Results of the webhook handler, by the channel of its first event. */
const webhookActs: Readonly<Record<string, () => Promise<never>>> = {
  throws: async () => fail(),
  'throws-null': () => Promise.reject(null),
  hangs: () => new Promise(() => {}),
  'too-large': () => Promise.reject(Object.assign(new Error('canary'), { code: 'FST_ERR_CTP_BODY_TOO_LARGE' })),
}

/** A promise whose `typeof` is `function`, as the stubs of RPC libraries are. */
function callable<T>(value: T): Promise<T> {
  const promise = Promise.resolve(value)
  // biome-ignore lint/suspicious/noThenProperty: the stub of an RPC library is such a function.
  return Object.assign(() => {}, { then: promise.then.bind(promise) }) as unknown as Promise<T>
}

/** A member as a database's model may be: what it writes as JSON is more than what is read from it. */
class Model {
  readonly user_id: string

  constructor(id: string) {
    this.user_id = id
  }

  toJSON(): object {
    return { ...this, password_hash: 'canary' }
  }
}
