import { parseJson } from '../json.ts'
import type { LogEntry, Subscribed } from '../log/entry.ts'
import type { LocalOptions } from '../options.ts'
import { type LocalService, startDisturbed } from '../service.ts'
import { type Fault, Faults } from './faults.ts'
import { History } from './history.ts'
import { describeSubscription, describeTrigger, nearMisses } from './near-misses.ts'

/** An event that a backend triggered. */
export interface Triggered {
  /** The channel that was asked for. */
  readonly channel: string
  /** The event's name. */
  readonly event: string
  /** As it was triggered. Text that is no JSON, which the Pusher HTTP API may carry, as it is. */
  readonly data: unknown
  /** How many connections it went to, over all the channels of its request. */
  readonly receivers: number
}

/** How long a test waits. */
export interface WaitOptions {
  /** Milliseconds before the wait fails, 0 to 2147483647. Default 2000. */
  readonly timeout?: number | undefined
}

/** A running service, and what a test asks of it. */
export interface TestService extends LocalService {
  /** The first app's credentials and the endpoint, as `PingerchipsServer.fromEnv()` reads them. */
  readonly env: Readonly<Record<string, string>>
  /**
   * The first such event of a backend since the start or the last `clear()`, also one that was triggered already.
   * @throws {Error} (as a rejection) when the time is up, saying what happened instead
   */
  triggered(channel: string, event: string, options?: WaitOptions): Promise<Triggered>
  /**
   * The first such subscription since the start or the last `clear()`, also one that has ended since.
   * @throws {Error} (as a rejection) when the time is up, saying what happened instead
   */
  subscribed(channel: string, options?: WaitOptions): Promise<LogEntry & Subscribed>
  /**
   * Has the next requests of apps to the HTTP API fail, before anything of them is checked. Faults queue up.
   * @throws {TypeError} naming what of the fault is unknown or out of its limits
   */
  fail(fault: Fault): void
  /** Forgets what has happened and the faults that are still to come. Connections stay. For `beforeEach`. */
  clear(): void
}

const defaultTimeout = 2000

/**
 * Starts a service for a test, as `startLocal` of `@pingerchips/local` does.
 * @throws {TypeError} an option that is unknown or out of its limits
 */
export async function startLocal(options: LocalOptions = {}): Promise<TestService> {
  const faults = new Faults()
  const history = new History()
  const service = await startDisturbed(options, () => faults.strike())
  service.onLog((entry) => history.note(entry))
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
            `Nothing came: does the app's client have the endpoint ${service.url}?`,
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
            `No client came: does it connect to wsHost ${service.host}, wsPort ${service.port}?`,
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
