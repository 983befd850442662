import type { HookDispatcher } from '../hooks/hooks.ts'
import type { ClientTls, Transport } from '../transport/transport.ts'
import { ApiCaller } from './api-caller.ts'
import { Service } from './api-client.ts'
import type { Coalescing } from './batcher.ts'
import type { CallPolicy } from './call-policy.ts'
import { EventSender } from './event-sender.ts'
import { makeProtocol, type ProtocolParts } from './protocols/make-protocol.ts'
import type { ProtocolName } from './protocols/protocol.ts'
import { askChannel, askChannels, askMembers, sendRequest, terminateConnections } from './queries.ts'

/** What a client knows of the service that it talks to. */
export interface RemoteParts extends ProtocolParts {
  readonly protocol: ProtocolName
  readonly origin: string
  readonly observer: HookDispatcher
  readonly tls: ClientTls | undefined
  /** Used instead of the runtime's own. */
  readonly transport: Transport | undefined
  readonly batch: Coalescing | undefined
  readonly policy: CallPolicy
}

/** Everything of a client that goes over the network. A module of its own, since a server that only signs loads none of it. */
export class Remote {
  readonly sender: EventSender
  readonly caller: ApiCaller
  readonly askChannel: typeof askChannel = askChannel
  readonly askChannels: typeof askChannels = askChannels
  readonly askMembers: typeof askMembers = askMembers
  readonly sendRequest: typeof sendRequest = sendRequest
  readonly terminateConnections: typeof terminateConnections = terminateConnections

  constructor({ origin, observer, tls, transport, batch, policy, ...parts }: RemoteParts) {
    const protocol = makeProtocol(parts.protocol, parts)
    const service = new Service(origin, observer, tls, transport)
    this.sender = new EventSender(protocol, service, batch)
    this.caller = new ApiCaller(protocol, service, policy)
  }
}
