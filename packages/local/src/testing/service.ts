import type { LocalOptions } from '../options.ts'
import { parseJson } from '../protocol/json.ts'
import { type LocalService, startService } from '../service.ts'
import type { DecisionMade, LogEntry, Subscribed } from '../state/log-event.ts'
import { type Fault, Faults } from './faults.ts'
import { History } from './history.ts'
import { describeDecision, describeSubscription, describeTrigger, nearMisses } from './near-misses.ts'

/** An event that a backend triggered. */
export interface Triggered {
  /** The channel that the test waited for. */
  readonly channel: string
  /** The event's name. */
  readonly event: string
  /** As triggered. Text that is not JSON, which the Pusher HTTP API allows, is unchanged. */
  readonly data: unknown
  /** Number of receiving connections, over all channels of the request. */
  readonly receivers: number
}

/** Options of a wait. */
export interface WaitOptions {
  /** Milliseconds before the wait fails, 0 to 2147483647. Default: 2000. */
  readonly timeout?: number | undefined
}

/** A running service with methods for tests. */
export interface TestService extends LocalService {
  /** The first app's credentials and the endpoint, as `PingerchipsServer.fromEnv()` reads them. */
  readonly env: Readonly<Record<string, string>>
  /**
   * Waits for the first such event of a backend since the start or the last `clear()`, past events included.
   * @throws {Error} (as a rejection) after the timeout, with what happened instead
   */
  triggered(channel: string, event: string, options?: WaitOptions): Promise<Triggered>
  /**
   * Waits for the first such subscription since the start or the last `clear()`, ended ones included.
   * @throws {Error} (as a rejection) after the timeout, with what happened instead
   */
  subscribed(channel: string, options?: WaitOptions): Promise<LogEntry & Subscribed>
  /**
   * Waits for the first decision of the app's auth endpoint about a channel since the start or the last `clear()`, past
   * decisions included. The app may run in another process, with this service as its endpoint.
   * @throws {Error} (as a rejection) after the timeout
   */
  decided(channel: string, options?: WaitOptions): Promise<LogEntry & DecisionMade>
  /**
   * Makes the next requests of apps to the HTTP API fail, before they are validated. Faults queue up.
   * @throws {TypeError} for an option that is unknown or out of its limits
   */
  fail(fault: Fault): void
  /** Clears past entries and pending faults. Connections stay. For `beforeEach`. */
  clear(): void
}

const defaultTimeout = 2000

/**
 * Starts a service for tests, like `startLocal` of `@pingerchips/local` but without the console's page.
 *
 * @throws {TypeError} for an option that is unknown or out of its limits
 * @example
 * ```ts
 * import { startLocal } from '@pingerchips/local/testing'
 *
 * const service = await startLocal()
 * Object.assign(process.env, service.env)
 * const { data } = await service.triggered('private-user-1', 'order-shipped')
 * await service.close()
 * ```
 */
export async function startLocal(options: LocalOptions = {}): Promise<TestService> {
  const faults = new Faults()
  const history = new History()
  const service = await startService(options, { interceptor: () => faults.next() })
  service.onLog((entry) => history.add(entry))
  return {
    ...service,
    env: environment(service),
    triggered: (channel, event, { timeout = defaultTimeout } = {}) =>
      history.waitFor(
        (entry) => toTriggered(entry, channel, event),
        timeout,
        (entries) =>
          `"${event}" was not triggered on ${channel} within ${timeout} ms. ${nearMisses(
            entries,
            describeTrigger,
            (entry) => entry.type === 'event' && (entry.event === event || entry.channels.includes(channel)),
            `The service received nothing. Is ${service.url} the endpoint of the app's client?`,
          )}`,
      ),
    subscribed: (channel, { timeout = defaultTimeout } = {}) =>
      history.waitFor(
        (entry) => (entry.type === 'subscribed' && entry.channel === channel ? entry : undefined),
        timeout,
        (entries) =>
          `${channel} was not subscribed to within ${timeout} ms. ${nearMisses(
            entries,
            describeSubscription,
            (entry) => 'channel' in entry && entry.channel === channel,
            `No client connected. Does it use wsHost ${service.host} and wsPort ${service.port}?`,
          )}`,
      ),
    decided: (channel, { timeout = defaultTimeout } = {}) =>
      history.waitFor(
        (entry) => (entry.type === 'decision' && entry.channel === channel ? entry : undefined),
        timeout,
        (entries) =>
          `The app did not decide about ${channel} within ${timeout} ms. ${nearMisses(
            entries,
            describeDecision,
            () => false,
            "The app's auth endpoint received no request. Is the path right?",
          )}`,
      ),
    fail: (fault) => faults.add(fault),
    clear() {
      history.clear()
      faults.clear()
    },
    close() {
      history.close()
      faults.clear()
      return service.close()
    },
  }
}

function toTriggered(entry: LogEntry, channel: string, event: string): Triggered | undefined {
  // A client event has a sender.
  if (entry.type !== 'event' || entry.socketId !== undefined) return undefined
  if (entry.event !== event || !entry.channels.includes(channel)) return undefined
  return { channel, event, data: dataOf(entry.data), receivers: entry.receivers }
}

function dataOf(text: string): unknown {
  const value = parseJson(text)
  return value === undefined ? text : value
}

function environment({ url, apps }: LocalService): Record<string, string> {
  const [app] = apps
  if (app === undefined) return {}
  const { id, key, secret, token } = app
  return {
    PINGERCHIPS_APP_ID: id,
    PINGERCHIPS_APP_KEY: key,
    PINGERCHIPS_APP_SECRET: secret,
    ...(token !== undefined && { PINGERCHIPS_API_TOKEN: token }),
    PINGERCHIPS_ENDPOINT: url,
  }
}
