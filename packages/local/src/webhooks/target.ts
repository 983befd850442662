import { type WebhookEvent, webhookEventNames } from '../protocol/webhook-event.ts'

/** Where webhooks are sent, and which. */
export interface WebhookTarget {
  /** Absolute http or https URL of your app's webhook endpoint, such as `http://localhost:3000/pingerchips/webhooks`. */
  readonly url: string
  /** Names of the events to send. Default: all. */
  readonly events?: readonly WebhookEvent['name'][]
  /** Sends only events of channels whose name starts with this text. Default: of all channels. */
  readonly channelPrefix?: string
}

const known: Record<keyof WebhookTarget, true> = { url: true, events: true, channelPrefix: true }

/** Validates the option `webhooks`. @returns the target with defaults, or a text that says what is wrong */
export function resolveTarget(option: unknown): Required<WebhookTarget> | string {
  const target: unknown = typeof option === 'string' ? { url: option } : option
  if (typeof target !== 'object' || target === null || Array.isArray(target))
    return 'must be a URL or an object { url, events?, channelPrefix? }'
  const unknownName = Object.keys(target).find((name) => !Object.hasOwn(known, name))
  if (unknownName !== undefined)
    return `has an unknown option '${unknownName}' (expected ${Object.keys(known).join(', ')})`
  const {
    url,
    events = webhookEventNames,
    channelPrefix = '',
  } = target as Partial<Record<keyof WebhookTarget, unknown>>
  const parsed = typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) return 'must have an absolute http or https URL'
  if (parsed.username !== '' || parsed.password !== '') return 'must have a URL without a user name and a password'
  if (typeof channelPrefix !== 'string') return 'must have text as channelPrefix'
  if (!Array.isArray(events) || !events.every(isEventName)) return `must have events of ${webhookEventNames.join(', ')}`
  return { url: parsed.href, events, channelPrefix }
}

function isEventName(name: unknown): name is WebhookEvent['name'] {
  return (webhookEventNames as readonly unknown[]).includes(name)
}
