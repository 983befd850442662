import { ApiCaller } from './api/caller.ts'
import { askChannel, askChannels } from './api/channel-info.ts'
import { askMembers } from './api/members.ts'
import { terminateConnections } from './api/terminate.ts'
import type { HookDispatcher } from './observe/observer.ts'
import type { ClientTls } from './send/transport.ts'
import type { Coalescing } from './trigger/coalescing.ts'
import { makeProtocol, type ProtocolParts } from './trigger/make-protocol.ts'
import type { CallPolicy } from './trigger/policy.ts'
import type { ProtocolName } from './trigger/protocol.ts'
import { EventSender } from './trigger/sender.ts'
import { Service } from './trigger/service.ts'

/** What a client knows of the service that it talks to. */
export interface RemoteParts extends ProtocolParts {
  readonly protocol: ProtocolName
  readonly origin: string
  readonly observer: HookDispatcher
  readonly tls: ClientTls | undefined
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
  readonly terminateConnections: typeof terminateConnections = terminateConnections

  constructor({ origin, observer, tls, batch, policy, ...parts }: RemoteParts) {
    const protocol = makeProtocol(parts.protocol, parts)
    const service = new Service(origin, observer, tls)
    this.sender = new EventSender(protocol, service, batch)
    this.caller = new ApiCaller(protocol, service, policy)
  }
}
