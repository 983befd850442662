import { describe, expect, test } from 'vitest'
import { MountedEndpoint } from '../src/adapter.ts'
import { PingerchipsServer } from '../src/index.ts'

const client = new PingerchipsServer('3', 'secret', { appKey: 'key' })
const make = (property?: string) => new MountedEndpoint<object, undefined>({ client, authorize: () => true, property })

describe('a property that other code uses is refused when the endpoint is made', () => {
  test.each([
    // Users and sessions of passport, express-session, Auth.js, jwt middleware.
    ...['user', 'session', 'account', 'auth', 'sessionID', 'token', 'jwtPayload', 'login', 'logout', 'isAuthenticated'],
    ...['appSession', 'currentUser', 'isAdmin', 'is_admin', 'loggedIn', 'logged_in', 'jwtUser', 'accessToken', 'roles'],
    ...['identity', 'principal', 'claims', 'permissions', 'kauth', 'passport', 'decoded', 'uid', 'payload', 'userData'],
    ...['body', 'rawBody', 'files', 'cookies', 'signedCookies', 'csrfToken', 'flash', 'log', 'id', 'locals', 'state'],
    // Express, Fastify, Koa, Hono, Node.
    ...['params', 'query', 'ip', 'app', 'res', 'next', 'headers', 'method', 'url', 'socket', 'on', 'raw', 'server'],
    ...['ctx', 'request', 'response', 'status', 'set', 'get', 'throw', 'env', 'toString', 'constructor', '__proto__'],
  ])('%s', (property) => {
    expect(() => make(property)).toThrow(
      expect.objectContaining({ argument: 'options.property', message: expect.stringContaining(`'${property}'`) }),
    )
  })
})

test.each(['chat', 'realtime', 'pusher', 'pingerchips', 'pingerchips2', 'broadcast', 'support'])(
  '%s is a name of the app’s own',
  (property) => {
    expect(make(property).property).toBe(property)
  },
)

test('a property is free, or has the client of the same endpoint', () => {
  const header = () => undefined
  const [one, other] = [make('chat'), make('chat')]
  one.assertFree(undefined)
  one.assertFree(one.requestClient({}, { header }))
  expect(() => one.assertFree(other.requestClient({}, { header }))).toThrow(
    /^options\.property is 'chat', and another pingerchips\(…\) is mounted under that name/,
  )
  for (const taken of [null, 0, '', {}, () => {}])
    expect(() => one.assertFree(taken)).toThrow(/^options\.property is 'chat', which this request has already/)
})
