import { onNotFound } from '#diagnostics'
import type { PingerchipsServer } from '../client.ts'
import { observers } from '../hooks/hooks.ts'
import { type DecisionEvent, factsOf, observesDecisions, publishDecision } from './decision-event.ts'

/** Clients of the endpoints of this process, by their path: bounded, since tests make endpoints without end. */
const clientsByPath = new Map<string, () => PingerchipsServer | undefined>()
const pathLimit = 16

/**
 * Reports 404s of the app that look like requests of a client to the auth endpoint: pusher-js sends them to `/pusher/auth`
 * unless it is configured. Not in production.
 */
export function observeNotFound(path: string, client: () => PingerchipsServer | undefined): void {
  if (clientsByPath.size >= pathLimit && !clientsByPath.has(path)) return
  clientsByPath.set(path, client)
  onNotFound(reportNotFound)
}

const authRequest = /(?:^|[/-])auth\/?$/
const authTypes = /^application\/(?:x-www-form-urlencoded|json)\b/i

function reportNotFound({ path, header }: Parameters<Parameters<typeof onNotFound>[0]>[0]): void {
  if (!authRequest.test(path) || !authTypes.test(header('content-type') ?? '')) return
  const event: DecisionEvent = {
    type: /user-auth\/?$/.test(path) ? 'signin' : 'subscribe',
    outcome: 'refused',
    id: globalThis.crypto.randomUUID(),
    socketId: undefined,
    channel: undefined,
    kind: undefined,
    status: 404,
    reason: 'not_found',
    rule: undefined,
    error: undefined,
    request: { ...factsOf({ method: 'POST', header }), path: path.slice(0, 200) },
    duration: 0,
  }
  if (observesDecisions()) publishDecision(event)
  const clients = new Set([...clientsByPath.values()].map((client) => client()))
  for (const client of clients) if (client !== undefined) observers.get(client)?.reporter?.report(event, [])
}
