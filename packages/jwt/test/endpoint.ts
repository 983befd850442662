import type { Denial, UserContext } from '@pingerchips/core'
import { PingerchipsServer } from '@pingerchips/core'
import { fetchHandler } from '@pingerchips/core/fetch'

/** The context that the endpoint passes to `user`. */
export function context(headers: Record<string, string> = {}, authInfo: unknown = undefined): UserContext {
  return {
    socketId: '1.1',
    channel: 'private-a',
    kind: 'private',
    authInfo,
    header: (name) => headers[name],
  }
}

export function bearing(token: string): UserContext {
  return context({ authorization: `Bearer ${token}` })
}

export const client: PingerchipsServer = new PingerchipsServer('3', 'secret', { appKey: 'key' })

type Hook = (request: Request, context: UserContext) => Promise<unknown>

/** The response of the endpoint, without a socket, and the user that `authorize` received. */
export async function ask(user: Hook, headers: Record<string, string>, authInfo?: unknown) {
  let received: unknown
  const errors: Error[] = []
  const handler = fetchHandler({
    client,
    user: user as (request: Request, context: UserContext) => Promise<object | Denial>,
    authorize: (context) => {
      received = context.user
      return true
    },
    onError: (error) => errors.push(error),
  })
  const response = await handler(
    new Request('http://127.0.0.1/', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ socket_id: '1.1', channel_name: 'private-a', auth_info: authInfo }),
    }),
  )
  const { status } = response
  return {
    status,
    challenge: response.headers.get('www-authenticate'),
    body: await response.text(),
    user: received,
    errors,
  }
}
