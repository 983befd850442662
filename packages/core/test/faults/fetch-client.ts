import type { PingerchipsServerOptions, TriggerOptions } from '@pingerchips/core'
import { hmacSha256 } from '../../src/crypto/node.ts'
import { HookDispatcher } from '../../src/hooks/hooks.ts'
import { ApiClient } from '../../src/http-api/api-client.ts'
import type { CallPolicy } from '../../src/http-api/call-policy.ts'
import { resolvePolicy } from '../../src/http-api/call-policy.ts'
import { EventSender } from '../../src/http-api/event-sender.ts'
import { outgoingEvent } from '../../src/http-api/events.ts'
import { parseBaseUrl, protocolFeatures } from '../../src/http-api/protocols/protocol.ts'
import { signedProtocol } from '../../src/http-api/protocols/signed.ts'
import { createTransport } from '../../src/transport/fetch.ts'
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
  const policy: CallPolicy = { timeout, deadline, retries: 2, delivery: 'at-most-once', signal: undefined }
  const hooks = new HookDispatcher({})
  const secrets = [canaries.secret, token]
  const transport = createTransport()
  const sender = new EventSender(new ApiClient({ protocol, origin, hooks, policy, secrets, transport }), undefined)
  return {
    async trigger(channel: string, event: string, data: unknown, options: TriggerOptions = {}) {
      const outgoing = outgoingEvent(protocolFeatures('signed', undefined), channel, event, data, {}, false)
      await sender.send(outgoing, resolvePolicy(options, policy), true)
    },
    close: () => sender.close(),
  }
}
