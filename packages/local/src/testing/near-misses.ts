import type { Explanation, LogEntry } from '../state/log-event.ts'

const most = 5

/** Describes what happened instead of the awaited entry, nearest first. */
export function nearMisses(
  entries: readonly LogEntry[],
  describe: (entry: LogEntry) => string | undefined,
  isNear: (entry: LogEntry) => boolean,
  nothing: string,
): string {
  const ordered = [...entries.filter(isNear), ...entries.filter((entry) => !isNear(entry))]
  const lines = [...new Set(ordered.map(describe).filter((line) => line !== undefined))]
  if (lines.length === 0) return nothing
  const more = lines.length > most ? [`and ${lines.length - most} more`] : []
  return ['Instead:', ...[...lines.slice(0, most), ...more].map((line) => `- ${line}`)].join('\n')
}

/** Describes an entry that a trigger leaves; `undefined` for others. */
export function describeTrigger(entry: LogEntry): string | undefined {
  if (entry.type === 'event') {
    const what = `"${entry.event}" was ${entry.socketId === undefined ? 'triggered' : 'sent by a client'}`
    return `${what} on ${entry.channels.join(', ')}`
  }
  if (entry.type === 'request' && entry.error !== undefined)
    return `${entry.method} ${entry.path} failed with ${entry.status} ${entry.error}${because(entry)}`
  return undefined
}

/** Describes an entry that a subscribing client leaves; `undefined` for others. */
export function describeSubscription(entry: LogEntry): string | undefined {
  if (entry.type === 'subscribed') return `${entry.channel} was subscribed to`
  if (entry.type === 'subscription_refused') return `${entry.channel} was refused: ${entry.reason}${because(entry)}`
  if (entry.type === 'connection_refused') return `a client was refused: ${entry.code} ${entry.reason}${because(entry)}`
  if (entry.type === 'connected') return 'a client connected'
  return undefined
}

/** Describes a decision of the app's auth endpoint; `undefined` for other entries. */
export function describeDecision(entry: LogEntry): string | undefined {
  return entry.type === 'decision'
    ? `${entry.channel ?? entry.request} was ${entry.outcome}${because(entry)}`
    : undefined
}

function because({ explanation }: { readonly explanation?: Explanation | undefined }): string {
  return explanation === undefined ? '' : `. ${explanation.text}`
}
