import type { PingerchipsServer } from '../client.ts'
import { type AuthEvent, observers } from '../hooks/hooks.ts'
import type { IncomingRequest } from '../requests/incoming-request.ts'
import { type DecisionEvent, decisionEvent, observesDecisions, publishDecision } from './decision-event.ts'
import type { UserContext } from './parse-request.ts'
import type { EndpointResponse } from './responses.ts'
import { type Awaitable, isPromiseLike, toError } from './run-callback.ts'

/** What a request is about. */
export type Subject = Omit<UserContext, 'header'>

/** The parts of a request that its events have. */
export interface ObservedRequest {
  readonly incoming: IncomingRequest
  /** What it is about, once it is known to be well-formed. */
  subject?: Subject
  /** Whether its channels are decided one by one: each of them has an event of its own, and the request has none. */
  isBatch?: boolean
}

interface Observation {
  readonly info: ObservedRequest
  readonly type: AuthEvent['type']
  /** The option `client`: hooks are those of a client. */
  readonly client: unknown
  readonly authorize: unknown
  /** Returns the client of the request. */
  readonly resolveClient: () => Awaitable<PingerchipsServer>
  readonly respond: () => Promise<EndpointResponse>
}

/** Responds, and publishes the decision to the hooks of the client and to tools of development, if there are any. */
export async function withHooks(observation: Observation): Promise<EndpointResponse> {
  const { info, type, client, authorize, respond } = observation
  const isObserved = typeof client !== 'object' || observers.get(client as PingerchipsServer)?.observesAuth === true
  if (!isObserved && !observesDecisions()) return respond()
  const startTime = Date.now()
  const start = performance.now()
  const notify = (outcome: AuthEvent['outcome'], response?: EndpointResponse, error?: Error) => {
    if (info.isBatch) return
    const { channel, kind } = info.subject ?? {}
    const status = response?.status
    const duration = performance.now() - start
    let decision: DecisionEvent | undefined
    const toDecision = () => {
      decision ??= decisionEvent({ type, outcome, error, duration }, info.subject, info.incoming, response, authorize)
      return decision
    }
    if (observesDecisions()) publishDecision(toDecision())
    withObservedClient(observation, (observed) => {
      const dispatcher = observers.get(observed)
      dispatcher?.auth({ type, outcome, channel, kind, status, startTime, duration })
      dispatcher?.reporter?.report(toDecision(), credentialsOf(info.incoming))
    })
  }
  try {
    const response = await respond()
    notify(response.status === 200 ? 'granted' : 'refused', response)
    return response
  } catch (error) {
    notify('failed', undefined, toError(error))
    throw error
  }
}

function withObservedClient(
  { info, client, resolveClient }: Observation,
  dispatch: (client: PingerchipsServer) => void,
): void {
  // No function is called for a malformed request: anyone can send one.
  if (typeof client === 'function' && info.subject === undefined) return
  try {
    const resolved = resolveClient()
    // The response does not wait for a hook.
    if (isPromiseLike(resolved)) resolved.then(dispatch, () => {})
    else dispatch(resolved)
  } catch {
    // Without a client there are no hooks. Signing reports why there is none.
  }
}

/** Values that an error of the app may quote, such as that of a JWT library. */
function credentialsOf(incoming: IncomingRequest): string[] {
  const authorization = incoming.header('authorization') ?? ''
  const cookies = (incoming.header('cookie') ?? '').split(';').map((cookie) => cookie.replace(/^[^=]*=/, '').trim())
  return [authorization, authorization.replace(/^\S+\s+/, ''), ...cookies]
}
