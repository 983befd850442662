import { parseJson } from '../internal/json.ts'
import { ChannelPattern, type Params } from '../rules/pattern.ts'
import type { ClientEvent, WebhookEvent } from '../webhooks/events.ts'
import type { EventSchemas, EventTable, SchemaOutput } from './event-schemas.ts'

type ClientEventName<Events extends EventSchemas> = keyof Events & `client-${string}`

/** A client event of a webhook, typed by a contract: a union that `pattern` and `event` discriminate. */
export type TypedClientEvent<Table extends EventTable> = {
  readonly [Pattern in keyof Table & string]: {
    readonly [Event in ClientEventName<Table[Pattern]>]: Omit<ClientEvent, 'name' | 'event' | 'data'> & {
      /** The channel's pattern in the contract. */
      readonly pattern: Pattern
      /** The text that each parameter of the pattern matched. */
      readonly params: Params<Pattern>
      /** The event name. */
      readonly event: Event
      /** The output of the event's schema. */
      readonly data: SchemaOutput<Table[Pattern][Event]>
    }
  }[ClientEventName<Table[Pattern]>]
}[keyof Table & string]

/** Validates the client event of a webhook; see `EventContract.clientEvent`. */
export async function toTypedClientEvent(table: EventTable, webhookEvent: WebhookEvent): Promise<object | undefined> {
  if (webhookEvent.name !== 'client_event') return undefined
  const { name, channel, event, data, ...sender } = webhookEvent
  const pattern = Object.keys(table)
    .map((text) => new ChannelPattern(text, 'channels'))
    .sort(ChannelPattern.mostSpecificFirst)
    .find((candidate) => candidate.match(channel) !== undefined)
  const events = pattern && table[pattern.text]
  const schema = events && event.startsWith('client-') && Object.hasOwn(events, event) ? events[event] : undefined
  if (pattern === undefined || schema === undefined) return undefined
  // The service passes data on as the browser sent it, which is JSON text in the Pusher protocol.
  const result = await schema['~standard'].validate(typeof data === 'string' ? parseJson(data, data) : data)
  if (result.issues !== undefined) return undefined
  return { ...sender, channel, event, data: result.value, pattern: pattern.text, params: pattern.match(channel) }
}
