import type { PingerchipsServerOptions, TriggerOptions } from '@pingerchips/core'
import { HookDispatcher } from '../../src/observe/observer.ts'
import { hmacSha256 } from '../../src/primitives/node.ts'
import { createTransport } from '../../src/send/fetch.ts'
import { parseBaseUrl } from '../../src/trigger/base-url.ts'
import { protocolFeatures } from '../../src/trigger/choose-protocol.ts'
import { outgoingEvent } from '../../src/trigger/event.ts'
import type { CallPolicy } from '../../src/trigger/policy.ts'
import { EventSender } from '../../src/trigger/sender.ts'
import { Service } from '../../src/trigger/service.ts'
import { signedProtocol } from '../../src/trigger/signed.ts'
import { resolvePolicy } from '../../src/trigger/trigger-options.ts'
import { type Client, canaries } from './run.ts'

/** A client as other runtimes have it, which send through `fetch`. Only what the faults need of it. */
export function fetchClient({
  appKey = 'k',
  token,
  endpoint,
  timeout = 0,
  deadline = 0,
}: PingerchipsServerOptions): Client {
  const { origin, path } = parseBaseUrl(endpoint, 'signed', false)
  const protocol = signedProtocol(path, appKey, hmacSha256(canaries.secret), token)
  const service = new Service(origin, new HookDispatcher({}), undefined, createTransport())
  const sender = new EventSender(protocol, service, undefined)
  const policy: CallPolicy = { timeout, deadline, retries: 2, delivery: 'at-most-once', signal: undefined }
  return {
    async trigger(channel: string, event: string, data: unknown, options: TriggerOptions = {}) {
      const outgoing = outgoingEvent(protocolFeatures('signed', undefined), channel, event, data, undefined)
      await sender.send(outgoing, resolvePolicy(options, policy), true)
    },
    close: () => sender.close(),
  }
}
