import { isRecord } from './internal/json.ts'
import type { HttpRequest, Transport } from './transport/transport.ts'

const disabledOptions = new WeakSet<object>()

/** Marks the options of a client that sends nothing. */
export function markDisabled<Options extends object>(options: Options): Options {
  disabledOptions.add(options)
  return options
}

/** The transport of a client whose options are marked; `undefined` for any other, which gets the runtime's. */
export function transportFor(options: object): Transport | undefined {
  return disabledOptions.has(options) ? disabledTransport : undefined
}

const noCounts = { subscription_count: 0, user_count: 0 }

/** Responds to every request as a service without connections would, and opens none. */
const disabledTransport: Transport = {
  request: async ({ body }: HttpRequest) => ({
    status: 200,
    statusText: 'OK',
    header: () => undefined,
    text: JSON.stringify({ ...noCounts, occupied: false, users: [], ...countsFor(body) }),
  }),
  close: async () => {},
}

/** The parts of a response that depend on the events in the request: counts by channel, and an entry for each event. */
function countsFor(body: string | undefined): Readonly<Record<string, unknown>> {
  const sent: unknown = body === undefined ? {} : JSON.parse(body)
  const { channels = [], batch = [] } = isRecord(sent) ? sent : {}
  return {
    channels: Object.fromEntries(Array.isArray(channels) ? channels.map((name) => [name, noCounts]) : []),
    batch: Array.isArray(batch) ? batch.map(() => noCounts) : [],
  }
}
