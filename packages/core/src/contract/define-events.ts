import { describeType, invalidArgument } from '../errors.ts'
import { isRecord } from '../internal/json.ts'
import { assertEventName, assertOptions } from '../internal/validate.ts'
import type { ChannelRules } from '../rules/channel-rules.ts'
import { ChannelPattern } from '../rules/pattern.ts'
import type { WebhookEvent } from '../webhooks/events.ts'
import { type TypedClientEvent, toTypedClientEvent } from './client-event.ts'
import { type ContractRules, contractRules } from './contract-rules.ts'
import { assertSchema, type EventSchemas, type EventTable, type Schema } from './event-schemas.ts'
import { type EventSender, TypedClient } from './typed-client.ts'

/** Schemas of a contract beside those of its channels. */
export interface ContractOptions<MemberSchema extends Schema | undefined, UserEvents extends EventSchemas> {
  /** Schema of `user_info`, which the members of presence channels see of each other. Default: any object. */
  readonly member?: MemberSchema
  /** Schemas of the events for `sendToUser`, by event name. Default: none. */
  readonly user?: UserEvents
}

/** The shape of each event of an app, for the server and the browser. Made by {@link defineEvents}. */
export class EventContract<
  Table extends EventTable,
  MemberSchema extends Schema | undefined,
  UserEvents extends EventSchemas,
> {
  /** The schemas, by channel pattern and event name. */
  readonly channels: Table
  /** Schema of a member's `user_info`; `undefined` if there is none. */
  readonly member: MemberSchema
  /** The schemas of the events for `sendToUser`, by event name. */
  readonly user: UserEvents

  /** Use {@link defineEvents}. */
  constructor(channels: Table, member: MemberSchema, user: UserEvents) {
    this.channels = channels
    this.member = member
    this.user = user
  }

  /**
   * Returns a client whose events are typed and validated by this contract. The given client keeps working beside it.
   *
   * @param client `PingerchipsServer`, `req.pingerchips`, `toOthers()`, or an outbox
   * @example
   * ```ts
   * import { defineEvents, PingerchipsServer } from '@pingerchips/core'
   * import { z } from 'zod'
   *
   * const realtime = defineEvents({ 'private-user-{id}': { 'order-shipped': z.object({ id: z.number() }) } })
   * const typed = realtime.bind(PingerchipsServer.fromEnv())
   * await typed.trigger('private-user-{id}', { id: '1' }, 'order-shipped', { id: 7 })
   * ```
   */
  bind<Options>(client: EventSender<Options>): TypedClient<Table, UserEvents, Options> {
    return new TypedClient(this.channels, this.user, client)
  }

  /**
   * Makes an `authorize` callback from rules, as {@link channelRules} does. A pattern that is not in the contract does not
   * compile, and is refused at start. The output of the `member` schema is signed as `user_info`.
   *
   * @example
   * ```ts
   * import { defineEvents } from '@pingerchips/core'
   * import { z } from 'zod'
   *
   * const realtime = defineEvents({ 'private-user-{id}': { 'order-shipped': z.object({ id: z.number() }) } })
   * const authorize = realtime.rules<{ id: string }>()({
   *   'private-user-{id}': ({ user, params }) => params.id === user.id,
   * })
   * ```
   * @throws {TypeError} for a pattern that is not in the contract, and as {@link channelRules}
   */
  rules<User, Request = unknown>(): (
    rules: ContractRules<Table, MemberSchema, User, Request>,
  ) => ChannelRules<User, Request> {
    return (rules) => contractRules(this.channels, this.member, rules)
  }

  /**
   * Validates the data of a `client_event` of a webhook, which a browser has sent. JSON text is parsed first.
   *
   * @returns the event, typed by its pattern and name; `undefined` for other webhook events, for a channel or an event that is
   * not in the contract, and for data that its schema does not accept
   * @example
   * ```ts
   * import { defineEvents, type WebhookEvent } from '@pingerchips/core'
   * import { z } from 'zod'
   *
   * const realtime = defineEvents({ 'presence-room-{room}': { 'client-typing': z.object({ on: z.boolean() }) } })
   * export async function handler(events: readonly WebhookEvent[]) {
   *   for (const event of events) {
   *     const typed = await realtime.clientEvent(event)
   *     if (typed?.event === 'client-typing') console.log(typed.params.room, typed.data.on)
   *   }
   * }
   * ```
   */
  clientEvent(event: WebhookEvent): Promise<TypedClientEvent<Table> | undefined> {
    return toTypedClientEvent(this.channels, event) as Promise<TypedClientEvent<Table> | undefined>
  }
}

const optionNames: Record<keyof ContractOptions<Schema, EventSchemas>, true> = { member: true, user: true }

/**
 * Defines the events of an app in one place, for the server and the browser. The schemas are of any library that
 * implements Standard Schema: zod, valibot, arktype.
 *
 * @param channels for each channel pattern, as in {@link channelRules}, a schema for each event name
 * @param options schemas of members and of events for `sendToUser`
 * @throws {TypeError} if a pattern or an event name is malformed, if two patterns match the same channels, or if a schema is
 * not a Standard Schema
 * @example
 * ```ts
 * import { defineEvents } from '@pingerchips/core'
 * import { z } from 'zod'
 *
 * export const realtime = defineEvents(
 *   {
 *     'private-user-{id}': { 'order-shipped': z.object({ id: z.number() }) },
 *     'presence-room-{room}': { message: z.object({ text: z.string().max(500) }) },
 *   },
 *   { member: z.object({ name: z.string() }) },
 * )
 * ```
 */
export function defineEvents<
  const Table extends EventTable,
  MemberSchema extends Schema | undefined = undefined,
  // biome-ignore lint/complexity/noBannedTypes: no events, and no index signature.
  UserEvents extends EventSchemas = {},
>(
  channels: Table,
  options: ContractOptions<MemberSchema, UserEvents> = {},
): EventContract<Table, MemberSchema, UserEvents> {
  if (!isRecord(channels))
    throw invalidArgument(
      'channels',
      `must be an object { pattern: { event: schema } } (received ${describeType(channels)}).`,
    )
  const shapes = new Map<string, string>()
  for (const [text, events] of Object.entries(channels)) {
    const { shape } = new ChannelPattern(text, `channels['${text}']`)
    const other = shapes.get(shape)
    if (other !== undefined)
      throw invalidArgument(`'${text}'`, `conflicts with '${other}': both match the same channels.`)
    shapes.set(shape, text)
    assertEvents(events, `channels['${text}']`)
  }
  assertOptions(options, 'options', optionNames)
  const { member, user } = options
  if (member !== undefined) assertSchema(member, 'options.member')
  if (user !== undefined) assertEvents(user, 'options.user')
  return new EventContract(channels, member as MemberSchema, (user ?? {}) as UserEvents)
}

function assertEvents(events: unknown, argument: string): void {
  if (!isRecord(events))
    throw invalidArgument(argument, `must be an object { event: schema } (received ${describeType(events)}).`)
  for (const [event, schema] of Object.entries(events)) {
    assertEventName(event, `event name in ${argument}`)
    assertSchema(schema, `${argument}['${event}']`)
  }
}
