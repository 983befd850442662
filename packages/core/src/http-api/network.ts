import type { Hmac } from '../crypto/node.ts'
import type { ChannelKeys } from '../signing/encrypted-channels.ts'
import { ApiClient, type ApiClientOptions } from './api-client.ts'
import type { Coalescing } from './batcher.ts'
import {
  assertBatchOptions,
  assertTriggerOptions,
  assertUserEventOptions,
  type BatchOptions,
  type CallPolicy,
  resolvePolicy,
  startDeadline,
  type TriggerOptions,
} from './call-policy.ts'
import { type BatchResult, EventSender, type TriggerCounts } from './event-sender.ts'
import { type BatchEvent, outgoingBatch, outgoingEvent, outgoingUserEvent } from './events.ts'
import type { OutgoingEvent, ProtocolFeatures, ProtocolName, WireProtocol } from './protocols/protocol.ts'
import { pusherProtocol } from './protocols/pusher.ts'
import { signedProtocol } from './protocols/signed.ts'
import { tokenProtocol } from './protocols/token.ts'
import { Queries } from './queries.ts'

export { removeSecrets } from './service-message.ts'

/** What a client sends with: settings and credentials. */
export interface NetworkOptions extends Omit<ApiClientOptions, 'protocol' | 'secrets'> {
  readonly protocol: ProtocolName
  readonly appId: string
  readonly appKey: string | undefined
  readonly appSecret: string
  readonly token: string | undefined
  readonly hmac: Hmac
  readonly channelKeys: ChannelKeys
  /** The endpoint's path, without a slash at its end. */
  readonly path: string
  readonly batch: Coalescing | undefined
  readonly features: ProtocolFeatures
  /** The client's own. */
  readonly policy: CallPolicy
}

/** Validates events and sends them. `start` is when the call began, if that was before this module was loaded. */
class Events {
  readonly #features: ProtocolFeatures
  readonly #policy: CallPolicy
  readonly #sender: EventSender

  constructor({ features, policy, batch }: NetworkOptions, api: ApiClient) {
    this.#features = features
    this.#policy = policy
    this.#sender = new EventSender(api, batch)
  }

  async trigger(
    channel: string | readonly string[],
    event: string,
    data: unknown,
    options: TriggerOptions,
    start: number | undefined,
  ): Promise<TriggerCounts> {
    assertTriggerOptions(options)
    const outgoing = outgoingEvent(this.#features, channel, event, data, options, this.#sender.isFull)
    return await this.#send(outgoing, options, start)
  }

  async sendToUser(
    userId: string,
    event: string,
    data: unknown,
    options: Omit<TriggerOptions, 'info'>,
    start: number | undefined,
  ): Promise<void> {
    assertUserEventOptions(options)
    await this.#send(
      outgoingUserEvent(this.#features, userId, event, data, options, this.#sender.isFull),
      options,
      start,
    )
  }

  async triggerBatch(
    events: readonly BatchEvent[],
    options: BatchOptions,
    start: number | undefined,
  ): Promise<BatchResult[]> {
    assertBatchOptions(options)
    const outgoing = outgoingBatch(this.#features, events, this.#sender.isFull)
    const policy = resolvePolicy(options, this.#policy, start)
    return this.#sender.sendBatch(outgoing, startDeadline(policy, start ?? performance.now()))
  }

  /** Sends the waiting events, waits for the calls in progress, and closes the connections. */
  close(): Promise<void> {
    return this.#sender.close()
  }

  #send(event: OutgoingEvent, options: BatchOptions, start: number | undefined): Promise<TriggerCounts> {
    const policy = resolvePolicy(options, this.#policy, start)
    const started = start === undefined ? policy : startDeadline(policy, start)
    return this.#sender.send(event, started, policy === this.#policy)
  }
}

/** The part of a client that sends requests. A server that only signs does not load it where bundles are split. */
export interface Network {
  readonly events: Pick<Events, keyof Events>
  readonly queries: Pick<Queries, keyof Queries>
}

const protocols: Readonly<Record<ProtocolName, (options: NetworkOptions) => WireProtocol>> = {
  signed: ({ appKey = '', token, hmac, path }) => signedProtocol(path, appKey, hmac, token),
  token: ({ appId, token = '', path }) => tokenProtocol(path, appId, token),
  pusher: ({ appId, appKey = '', hmac, channelKeys, path }) => pusherProtocol(path, appId, appKey, hmac, channelKeys),
}

/** @param options with the credential that the protocol requires */
export function loadNetwork(options: NetworkOptions): Network {
  const { appSecret, token } = options
  const protocol = protocols[options.protocol](options)
  const api = new ApiClient({ ...options, protocol, secrets: [appSecret, token] })
  return { events: new Events(options, api), queries: new Queries(api) }
}
