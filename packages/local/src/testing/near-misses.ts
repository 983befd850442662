import type { Explanation, LogEntry } from '../log/entry.ts'

const most = 5

/** Ends the message of a wait: what happened instead, what is nearest first. */
export function nearMisses(
  entries: readonly LogEntry[],
  describe: (entry: LogEntry) => string | undefined,
  isNear: (entry: LogEntry) => boolean,
  nothing: string,
): string {
  const told = [...entries.filter(isNear), ...entries.filter((entry) => !isNear(entry))]
  const lines = [...new Set(told.map(describe).filter((line) => line !== undefined))]
  if (lines.length === 0) return nothing
  const more = lines.length > most ? [`and ${lines.length - most} more`] : []
  return ['Instead:', ...[...lines.slice(0, most), ...more].map((line) => `- ${line}`)].join('\n')
}

/** An entry of the kind that a backend's trigger leaves. */
export function describeTrigger(entry: LogEntry): string | undefined {
  if (entry.type === 'event') {
    const what = `"${entry.event}" was ${entry.socketId === undefined ? 'triggered' : 'sent by a client'}`
    return `${what} on ${entry.channels.join(', ')}`
  }
  if (entry.type === 'request' && entry.error !== undefined)
    return `${entry.method} ${entry.path} was answered ${entry.status} ${entry.error}${because(entry)}`
  return undefined
}

/** An entry of the kind that a client leaves on its way to a channel. */
export function describeSubscription(entry: LogEntry): string | undefined {
  if (entry.type === 'subscribed') return `${entry.channel} was subscribed to`
  if (entry.type === 'subscription_refused') return `${entry.channel} was refused: ${entry.reason}${because(entry)}`
  if (entry.type === 'connection_refused') return `a client was refused: ${entry.code} ${entry.reason}${because(entry)}`
  if (entry.type === 'connected') return 'a client connected'
  return undefined
}

function because({ explanation }: { readonly explanation?: Explanation | undefined }): string {
  return explanation === undefined ? '' : `. ${explanation.text}`
}
