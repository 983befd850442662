import { assertUserId } from '../names.ts'
import type { CallOptions } from '../trigger/trigger-options.ts'
import type { ApiCaller } from './caller.ts'

/** Ends the connections of a signed-in user. */
export async function terminateConnections(caller: ApiCaller, userId: string, options: CallOptions): Promise<void> {
  assertUserId(userId, 'userId')
  const path = `/users/${encodeURIComponent(userId)}/terminate_connections`
  await caller.send({ name: 'terminateUserConnections()', method: 'POST', path, body: '{}' }, options)
}
