import PingerchipsServer, { channelRules, deny, fingerprint, getHashServer, PingerchipsError } from '@pingerchips/core'
import { fromNodeRequest, MountedEndpoint } from '@pingerchips/core/adapter'
import { fetchHandler } from '@pingerchips/core/fetch'
import { nodeHandler } from '@pingerchips/core/node'

export const client = new PingerchipsServer('1', 'secret', { appKey: 'key' })
export const auth: string = client.authenticate('1.1', 'private-a').auth

export const POST = fetchHandler({
  client,
  user: (request) => (request.headers.get('x-user') === 'ada' ? { id: '1' } : deny({ status: 401 })),
  authorize: channelRules<{ id: string }>({ 'private-user-{id}': ({ user, params }) => params.id === user.id }),
})
export const listener = nodeHandler({ client, authorize: ({ channel }) => channel === 'private-a' })
export const endpoint = new MountedEndpoint({ client, authorize: () => true })
export const carrier = fromNodeRequest

export async function trigger(): Promise<string> {
  try {
    await client.trigger('a', 'b', { c: 1 })
    return (await getHashServer('a')) + fingerprint(['a', 'b'], { salt: 'sixteen bytes or more' })
  } catch (error) {
    return error instanceof PingerchipsError ? error.code : 'unknown'
  }
}
