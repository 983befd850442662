import { invalidArgument } from '../errors.ts'
import { isRecord, ownProperty } from '../json.ts'
import { channelKind } from '../names.ts'
import type { CallOptions } from '../trigger/trigger-options.ts'
import type { ApiCaller } from './caller.ts'
import { channelPath } from './channel-path.ts'

/** The ids of a presence channel's members. */
export async function askMembers(caller: ApiCaller, name: string, options: CallOptions): Promise<string[]> {
  const path = `${channelPath(name)}/users`
  if (channelKind(name) !== 'presence')
    throw invalidArgument('name', 'must be presence- and a name: only such a channel has members')
  return caller.ask({ name: 'listMembers()', method: 'GET', path }, readIds, options)
}

function readIds(answer: unknown): string[] | undefined {
  const users = isRecord(answer) ? ownProperty(answer, 'users') : undefined
  if (!Array.isArray(users)) return undefined
  const ids = users.map((user: unknown) => (isRecord(user) ? ownProperty(user, 'id') : undefined))
  // A member may be signed in with a number, which some services keep as it is.
  return ids.every((id) => typeof id === 'string' || Number.isSafeInteger(id)) ? ids.map(String) : undefined
}
