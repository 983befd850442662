import type { Explanation } from '../log/entry.ts'

/** Why a time stamp, which must be Unix seconds within 5 minutes of now, is refused. */
export function explainTimestamp(timestamp: string | undefined | null, nowMs: number): Explanation {
  if (timestamp === undefined || timestamp === null) return { text: 'There is no time stamp.' }
  if (!/^\d{1,15}$/.test(timestamp)) return { text: 'The time stamp must be Unix seconds: digits and nothing else.' }
  const now = Math.floor(nowMs / 1000)
  // As seconds this would be the year 5138.
  if (Number(timestamp) > 1e11)
    return { text: `The time stamp is in milliseconds; it must be in seconds, as ${now} is now.` }
  const off = Number(timestamp) - now
  return {
    text:
      `The clock of the sender is ${span(Math.abs(off))} ${off < 0 ? 'behind' : 'ahead of'} this service's. Set it by ` +
      'network time; or the request was signed long before it was sent, and should have been signed afresh.',
  }
}

function span(seconds: number): string {
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
  return `${Math.floor(seconds / 86_400)} days`
}
