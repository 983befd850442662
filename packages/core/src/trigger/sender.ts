import { PingerchipsError } from '../errors.ts'
import { withDeadline } from '../send/deadline.ts'
import type { Transport } from '../send/transport.ts'
import { answerFailure, failureOfSome, requestFailure } from './failure.ts'
import type { OutgoingEvent, WireProtocol } from './protocol.ts'

const maxAnswerBytes = 64 * 1024

/** Sends events to one origin over one protocol. */
export class EventSender {
  readonly #protocol: WireProtocol
  readonly #origin: string
  #transport: Promise<Transport> | undefined
  #closed: Promise<void> | undefined

  constructor(protocol: WireProtocol, origin: string) {
    this.#protocol = protocol
    this.#origin = origin
  }

  /**
   * Sends an event, in as many requests as the protocol needs for its channels.
   * @throws {PingerchipsError} (as a rejection) naming the channels that it may not have reached
   */
  async send(event: OutgoingEvent, timeout: number, signal: AbortSignal | undefined): Promise<void> {
    const { channelsPerRequest } = this.#protocol
    if (event.channels.length <= channelsPerRequest) return this.#request(event, timeout, signal)
    const requests: Promise<void>[] = []
    for (let from = 0; from < event.channels.length; from += channelsPerRequest) {
      const channels = event.channels.slice(from, from + channelsPerRequest)
      requests.push(this.#request({ ...event, channels }, timeout, signal))
    }
    const results = await Promise.allSettled(requests)
    const failures = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason as unknown)
    if (failures.length > 0) throw failureOfSome(failures, requests.length)
  }

  close(): Promise<void> {
    this.#closed ??= Promise.resolve(this.#transport).then((transport) => transport?.close())
    return this.#closed
  }

  async #request(event: OutgoingEvent, timeout: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#closed) throw new PingerchipsError('closed', 'Trigger failed: the client is closed.', event)
    const transport = await this.#connect()
    try {
      const answer = await withDeadline(timeout, signal, (deadline) => {
        const { path, headers, body } = this.#protocol.request(event, Math.floor(Date.now() / 1000))
        const url = new URL(this.#origin + path)
        return transport.request({ method: 'POST', url, headers, body, maxAnswerBytes, signal: deadline })
      })
      if (answer.status < 200 || answer.status > 299) throw answerFailure(answer, event.channels)
    } catch (error) {
      if (signal?.aborted)
        throw new PingerchipsError('aborted', 'Trigger failed: its signal was aborted.', { channels: event.channels })
      throw requestFailure(error, this.#origin, event.channels)
    }
  }

  /** Loaded with the first event: a server that only signs needs no HTTP client. */
  #connect(): Promise<Transport> {
    this.#transport ??= import('#transport').then(({ createTransport }) => createTransport())
    this.#transport.catch(() => {
      this.#transport = undefined
    })
    return this.#transport
  }
}
