import type { LogEntry } from '../../state/log-event.ts'

export const kinds = [
  'refusals',
  'decisions',
  'events',
  'requests',
  'webhooks',
  'subscriptions',
  'connections',
] as const
export type Kind = (typeof kinds)[number]

/** A log entry in words. */
export interface Description {
  readonly kind: Kind
  readonly label: string
  /** The main name of the entry. */
  readonly subject: string
  /** The channels of an event. */
  readonly place?: string
  /** Details in words. */
  readonly text: string
  /** Shown on the right: a number or a connection. */
  readonly aside: string
}

const kindOfType: Record<LogEntry['type'], Kind> = {
  connected: 'connections',
  disconnected: 'connections',
  signed_in: 'connections',
  subscribed: 'subscriptions',
  unsubscribed: 'subscriptions',
  event: 'events',
  request: 'requests',
  webhook: 'webhooks',
  decision: 'decisions',
  connection_refused: 'refusals',
  subscription_refused: 'refusals',
  signin_refused: 'refusals',
  frame_refused: 'refusals',
}

/** Entries are counted by type: a refused request is counted as a request, although it looks like a refusal. */
export function kindOf(type: LogEntry['type']): Kind {
  return kindOfType[type]
}

export function describe(entry: LogEntry): Description {
  const kind = kindOf(entry.type)
  switch (entry.type) {
    case 'connected':
      return { kind, label: 'connected', subject: entry.socketId, text: '', aside: '' }
    case 'disconnected':
      return { kind, label: 'disconnected', subject: entry.socketId, text: closeText(entry.code), aside: '' }
    case 'signed_in':
      return { kind, label: 'signed in', subject: entry.userId, text: '', aside: entry.socketId }
    case 'subscribed':
      return {
        kind,
        label: 'subscribed',
        subject: entry.channel,
        text: memberText(entry.member),
        aside: entry.socketId,
      }
    case 'unsubscribed':
      return { kind, label: 'unsubscribed', subject: entry.channel, text: '', aside: entry.socketId }
    case 'event':
      return {
        kind,
        label: entry.socketId === undefined ? 'event' : 'client event',
        subject: entry.event,
        place: entry.channels.join(', '),
        text: isRefusedByPusher(entry) ? `${entry.data} (a Pusher cluster refuses this)` : entry.data,
        aside: `to ${entry.receivers.toLocaleString('en')}`,
      }
    case 'request':
      return {
        kind,
        label: 'request',
        subject: `${entry.method} ${entry.path}`,
        text: entry.explanation?.text ?? entry.error ?? '',
        aside: `${entry.protocol ?? 'http'} ${entry.status}, ${entry.ms.toFixed(1)} ms`,
      }
    case 'decision':
      return {
        kind,
        label: `app ${entry.outcome}`,
        subject: entry.channel ?? (entry.request === 'signin' ? 'a sign-in' : 'a request'),
        text: entry.explanation?.text ?? ruleText(entry.rule),
        aside: `${entry.status ?? 'error'}, ${entry.ms.toFixed(1)} ms`,
      }
    case 'webhook':
      return {
        kind,
        label: 'webhook',
        subject: [...new Set(entry.events.map(({ name }) => name))].join(', '),
        place: [...new Set(entry.events.map(({ channel }) => channel))].join(', '),
        text: webhookText(entry),
        aside: `${entry.status ?? 'no response'}, ${entry.ms.toFixed(1)} ms`,
      }
    case 'connection_refused':
      return {
        kind,
        label: 'refused',
        subject: 'a connection',
        text: entry.explanation?.text ?? entry.reason,
        aside: String(entry.code),
      }
    case 'subscription_refused':
      return {
        kind,
        label: 'refused',
        subject: entry.channel,
        text: entry.explanation?.text ?? entry.reason,
        aside: '',
      }
    case 'signin_refused':
      return {
        kind,
        label: 'refused',
        subject: 'a sign-in',
        text: entry.explanation?.text ?? entry.reason,
        aside: '',
      }
    case 'frame_refused':
      return { kind, label: 'refused', subject: 'a frame', text: entry.reason, aside: '' }
  }
}

/** Whether an event is a client event on a public channel, which Pingerchips relays and a Pusher cluster refuses. */
export function isRefusedByPusher(entry: LogEntry): boolean {
  return (
    entry.type === 'event' && entry.socketId !== undefined && !/^(?:private|presence)-/.test(entry.channels[0] ?? '')
  )
}

function ruleText(rule: string | null | undefined): string {
  return rule ? `by the rule ${rule}` : ''
}

function webhookText({ attempt, error, status, response, retryMs }: LogEntry & { type: 'webhook' }): string {
  const isAccepted = status !== undefined && status >= 200 && status < 300
  const parts = [
    ...(attempt > 1 ? [`attempt ${attempt}`] : []),
    ...(error === undefined ? [] : [`the app did not respond (${error})`]),
    ...(isAccepted || !response ? [] : [response]),
    ...(isAccepted || retryMs === undefined ? [] : [`next attempt in ${retryMs} ms`]),
  ]
  return parts.join('; ')
}

export function isRefused(entry: LogEntry): boolean {
  if (entry.type === 'decision') return entry.outcome !== 'granted'
  if (entry.type === 'webhook') return entry.status === undefined || entry.status >= 300
  return kindOf(entry.type) === 'refusals' || (entry.type === 'request' && entry.status >= 400)
}

export function channelsOf(entry: LogEntry): readonly string[] {
  if (entry.type === 'webhook') return entry.events.map(({ channel }) => channel)
  if ('channels' in entry) return entry.channels
  return 'channel' in entry && entry.channel !== undefined ? [entry.channel] : []
}

function memberText(member: { readonly user_id: string; readonly user_info: unknown } | undefined): string {
  if (member === undefined) return ''
  return `as ${member.user_id} ${member.user_info === null ? '' : JSON.stringify(member.user_info)}`
}

const closeTexts: Readonly<Record<number, string>> = {
  1000: 'closed by the client',
  1001: 'went away',
  1005: 'closed by the client',
  1006: 'lost',
  4201: 'did not reply to a ping',
}

function closeText(code: number): string {
  return code in closeTexts ? `${closeTexts[code]} (${code})` : `closed with ${code}`
}
