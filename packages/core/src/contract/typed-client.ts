import { invalidArgument } from '../errors.ts'
import { channelName, type ParamValues } from '../rules/channel-name.ts'
import {
  type EventSchemas,
  type EventTable,
  type Schema,
  type SchemaInput,
  type ServerEvent,
  validated,
} from './event-schemas.ts'

/** Anything with the `trigger` of a client: `PingerchipsServer`, `req.pingerchips`, `toOthers()`, an outbox. */
export interface EventSender<Options> {
  /** Sends one event. */
  trigger(channel: string, event: string, data: unknown, options?: Options): Promise<unknown>
  /** Sends several events; required by the `triggerBatch` of a typed client. */
  triggerBatch?(events: readonly never[], options?: never): Promise<unknown>
  /** Sends an event to one user; required by the `sendToUser` of a typed client. */
  sendToUser?(userId: string, event: string, data: unknown, options?: never): Promise<unknown>
}

/** One event of a typed batch. */
export type TypedBatchEvent<Table extends EventTable> = {
  readonly [Pattern in keyof Table & string]: {
    readonly [Event in ServerEvent<Table[Pattern]>]: {
      /** The channel's pattern. */
      readonly channel: Pattern
      /** Values for the parameters of the pattern. */
      readonly params: ParamValues<Pattern>
      /** The event name. */
      readonly event: Event
      /** Data that the event's schema accepts. */
      readonly data: SchemaInput<Table[Pattern][Event]>
      /** As in `TriggerOptions`. */
      readonly socketId?: string | undefined
    }
  }[ServerEvent<Table[Pattern]>]
}[keyof Table & string]

/**
 * A client whose events are typed and validated by a contract. The output of the schema is sent: unknown keys are stripped,
 * defaults are filled in.
 */
export class TypedClient<Table extends EventTable, UserEvents extends EventSchemas, Options> {
  readonly #table: Table
  readonly #user: UserEvents
  readonly #sender: EventSender<Options>

  /** Use the contract's `bind`. */
  constructor(table: Table, user: UserEvents, sender: EventSender<Options>) {
    this.#table = table
    this.#user = user
    this.#sender = sender
  }

  /**
   * Validates an event and sends it to the subscribers of a channel.
   *
   * @param pattern a pattern of the contract
   * @param params values for its parameters; `{}` if it has none
   * @param event an event of that channel
   * @param data what the event's schema accepts
   * @throws {TypeError} (as a rejection) naming the paths that do not match the schema, without values; nothing is sent
   * @throws {PingerchipsError} (as a rejection) as the client's own `trigger`
   */
  async trigger<Pattern extends keyof Table & string, Event extends ServerEvent<Table[Pattern]>>(
    pattern: Pattern,
    params: ParamValues<Pattern>,
    event: Event,
    data: SchemaInput<Table[Pattern][Event]>,
    options?: Options,
  ): Promise<void> {
    const schema = schemaOf(this.#table, pattern, event)
    const channel = channelName(pattern as string, params as ParamValues<string>)
    await this.#sender.trigger(channel, event, await validated(schema, data, 'data'), options)
  }

  /**
   * Validates events and sends them in as few requests as the protocol takes. If one does not match its schema, none is
   * sent.
   *
   * @returns as the client's own `triggerBatch`
   * @throws {TypeError} (as a rejection) naming the event and the paths: `events[3].data does not match …`
   */
  async triggerBatch(
    events: readonly TypedBatchEvent<Table>[],
    options?: { readonly timeout?: number; readonly deadline?: number; readonly signal?: AbortSignal },
  ): Promise<PromiseSettledResult<unknown>[]> {
    const send = this.#method('triggerBatch')
    const outgoing = await Promise.all(
      events.map(async ({ channel, params, event, data, socketId }, index) => ({
        channel: channelName(channel as string, params as ParamValues<string>),
        event,
        data: await validated(schemaOf(this.#table, channel, event), data, `events[${index}].data`),
        ...(socketId !== undefined && { socketId }),
      })),
    )
    return send(outgoing, options) as Promise<PromiseSettledResult<unknown>[]>
  }

  /**
   * Validates an event of the contract's `user` table and sends it to one user, on all connections signed in as that user.
   *
   * @throws {TypeError} (as a rejection) as {@link TypedClient.trigger}
   */
  async sendToUser<Event extends ServerEvent<UserEvents>>(
    userId: string,
    event: Event,
    data: SchemaInput<UserEvents[Event]>,
    options?: Options,
  ): Promise<void> {
    const send = this.#method('sendToUser')
    const schema = Object.hasOwn(this.#user, event) ? this.#user[event] : undefined
    if (schema === undefined) throw unknownName('event', event, Object.keys(this.#user), "the contract's user events")
    await send(userId, event, await validated(schema, data, 'data'), options)
  }

  #method(name: 'triggerBatch' | 'sendToUser'): (...values: unknown[]) => Promise<unknown> {
    const method = this.#sender[name] as ((...values: unknown[]) => Promise<unknown>) | undefined
    if (typeof method !== 'function')
      throw invalidArgument('client', `has no ${name}(). Bind the contract to a client that has.`)
    return method.bind(this.#sender)
  }
}

function schemaOf(table: EventTable, pattern: string, event: string): Schema {
  const events = Object.hasOwn(table, pattern) ? table[pattern] : undefined
  if (events === undefined) throw unknownName('pattern', pattern, Object.keys(table), 'the contract')
  const schema = Object.hasOwn(events, event) ? events[event] : undefined
  if (schema === undefined || event.startsWith('client-'))
    throw unknownName(
      'event',
      event,
      Object.keys(events).filter((name) => !name.startsWith('client-')),
      `'${pattern}'`,
    )
  return schema
}

function unknownName(argument: string, name: unknown, known: readonly string[], where: string): TypeError {
  const shown = typeof name === 'string' && /^[\w{}=@,.;-]{1,200}$/.test(name) ? ` '${name}'` : ''
  return invalidArgument(argument, `${shown.trim()} is not in ${where}. Known: ${known.join(', ') || 'none'}.`.trim())
}
