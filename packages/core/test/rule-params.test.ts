import { inspect } from 'node:util'
import { channelRules, PingerchipsServer } from '@pingerchips/core'
import { fetchHandler } from '@pingerchips/core/fetch'
import { describe, expect, test } from 'vitest'

type Rule = (context: { params: Record<string, unknown>; user: Record<string, unknown> }) => unknown

/** Runs one rule for a subscription to `channel` by a user without an `id`. */
const run = (pattern: string, rule: Rule, channel: string) =>
  (channelRules({ [pattern]: rule } as never) as (context: unknown) => unknown)({
    socketId: '1.1',
    channel,
    kind: 'private',
    user: {},
    request: {},
  })

const misspelt = (params: string, name: string) =>
  expect.objectContaining({
    name: 'TypeError',
    code: 'invalid_argument',
    message: expect.stringMatching(new RegExp(`'${name.replace('$', '\\$')}'.*${params}`)),
  })

describe('reading a parameter that the pattern does not have throws', () => {
  test.each<[how: string, name: string, rule: Rule]>([
    ['by its name', 'id', ({ params, user }) => params.id === user.id],
    ['by a computed name', 'ID', ({ params }) => params[['I', 'D'].join('')] === undefined],
    ['by destructuring', 'userid', ({ params: { userid }, user }) => userid === user.userid],
    ['by destructuring with a default', 'user', ({ params: { user = '' } }) => user === ''],
    ['behind a rest of the context', 'id', ({ user, ...rest }) => rest.params.id === user.id],
    ['behind a spread of the context', 'id', (context) => ({ ...context }).params.id === context.user.id],
    ['through Reflect', 'id', ({ params, user }) => Reflect.get(params, 'id') === user.id],
    ['through an object that inherits from it', 'id', ({ params, user }) => Object.create(params).id === user.id],
    ['with an optional chain', 'id', ({ params, user }) => params?.id === user?.id],
    ['called as a method', 'hasOwnProperty', ({ params }) => (params.hasOwnProperty as () => boolean)()],
    ['a name of Object.prototype', 'constructor', ({ params }) => params.constructor === Object],
    ['a name of Object.prototype', 'toString', ({ params }) => params.toString === undefined],
    ['a name of Object.prototype', 'valueOf', ({ params }) => params.valueOf === undefined],
    // biome-ignore lint/suspicious/noProto: the input under test.
    ['the prototype', '__proto__', ({ params }) => params.__proto__ === undefined],
    ['an index', '0', ({ params, user }) => params[0] === user[0]],
    ['an empty name', '', ({ params, user }) => params[''] === user['']],
  ])('%s: %j', (_how, name, rule) => {
    expect(() => run('private-user-{userId}', rule, 'private-user-7')).toThrow(misspelt('userId', name))
  })

  test('in an asynchronous rule it rejects', async () => {
    const rule: Rule = async ({ params, user }) => params.id === user.id
    await expect(run('private-user-{userId}', rule, 'private-user-7')).rejects.toThrow(misspelt('userId', 'id'))
  })

  test('of a pattern without parameters', () => {
    const rule: Rule = ({ params, user }) => params.id === user.id
    expect(() => run('private-lobby', rule, 'private-lobby')).toThrow(/'id'.*none/)
  })

  test('where the last parameter takes the rest', () => {
    const rule: Rule = ({ params, user }) => params.rest === user.rest
    expect(() => run('private-{room}', rule, 'private-a-b-c')).toThrow(misspelt('room', 'rest'))
  })

  test('in typed rules too', () => {
    const rules = channelRules<{ id?: string }>()({
      // @ts-expect-error: misspelt
      'private-user-{userId}': ({ params, user }) => params.id === user.id,
    }) as (context: unknown) => unknown
    expect(() => rules({ channel: 'private-user-7', user: {} })).toThrow(misspelt('userId', 'id'))
  })

  test('in rules that were joined', () => {
    const rules = channelRules<{ id?: string }>({
      'private-user-{userId}': ({ params, user }) => params.id === user.id,
    })
    const joined = channelRules(rules, channelRules({ 'private-b': () => false })) as (context: unknown) => unknown
    expect(() => joined({ channel: 'private-user-7', user: {} })).toThrow(misspelt('userId', 'id'))
  })

  test('at the endpoint it is a 500, nothing is signed, and onError receives it', async () => {
    const errors: unknown[] = []
    const handler = fetchHandler({
      client: new PingerchipsServer('3', 'secret', { appKey: 'key' }),
      user: (): { id?: string } => ({}),
      authorize: channelRules<{ id?: string }>({
        'private-user-{userId}': ({ params, user }) => params.id === user.id,
      }),
      onError: (error) => errors.push(error),
    })
    const body = new URLSearchParams({ socket_id: '1.1', channel_name: 'private-user-7' })
    const response = await handler(new Request('http://127.0.0.1/', { method: 'POST', body }))
    expect(response.status).toBe(500)
    expect(await response.text()).not.toContain('auth')
    expect(errors).toEqual([misspelt('userId', 'id')])
  })
})

describe('the parameters otherwise behave as a plain object', () => {
  const read = <T>(use: (params: Record<string, unknown>) => T): T => {
    let result: T | undefined
    const rule: Rule = ({ params }) => {
      result = use(params)
    }
    run('private-order-{orderId}-item-{itemId}', rule, 'private-order-7-item-8')
    return result as T
  }
  const plain = { orderId: '7', itemId: '8' }

  test('spread, rest, keys, entries and for … in', () => {
    expect(read((params) => ({ ...params }))).toEqual(plain)
    expect(read(({ orderId, ...rest }) => [orderId, rest])).toEqual(['7', { itemId: '8' }])
    expect(read((params) => Object.entries(params))).toEqual(Object.entries(plain))
    expect(read((params) => Object.assign({}, params))).toEqual(plain)
    const names: string[] = []
    read((params) => {
      for (const name in params) names.push(name)
    })
    expect(names).toEqual(['orderId', 'itemId'])
  })

  test('`in` and Object.hasOwn find the parameters and nothing else', () => {
    for (const name of ['id', 'constructor', '__proto__', 'toString', 'then'])
      expect(read((params) => [name in params, Object.hasOwn(params, name)])).toEqual([false, false])
    expect(read((params) => ['orderId' in params, Object.hasOwn(params, 'itemId')])).toEqual([true, true])
  })

  test('JSON, as it is and inside of another object', () => {
    expect(read((params) => JSON.stringify({ params }))).toBe(JSON.stringify({ params: plain }))
  })

  test('an async function may return them', async () => {
    expect({ ...(await read(async (params) => params)) }).toEqual(plain)
  })

  test('inspect and symbols do not throw', () => {
    expect(read((params) => inspect(params))).toContain("{ orderId: '7', itemId: '8' }")
    expect(read((params) => inspect({ params }, { showProxy: true, showHidden: true }))).toContain("orderId: '7'")
    expect(read((params) => Object.prototype.toString.call(params))).toBe('[object Object]')
    expect(read((params) => Reflect.get(params, Symbol.iterator))).toBeUndefined()
  })

  test('toEqual compares them', () => {
    expect(read((params) => params)).toEqual(plain)
  })

  test.each(['constructor', '__proto__', 'then', 'toJSON', 'toString', 'hasOwnProperty'])(
    'a parameter may be named %s',
    (name) => {
      let value: unknown
      const rule: Rule = ({ params }) => {
        value = params[name]
      }
      run(`private-{${name}}`, rule, 'private-7')
      expect(value).toBe('7')
    },
  )
})
