import { explainTimestamp } from '../explain/timestamp.ts'
import { Refusal } from './refusal.ts'

const toleranceSeconds = 300

/** Refuses a time stamp, Unix seconds in plain digits, that is more than 5 minutes from now on either side. */
export function assertFresh(timestamp: string | null | undefined, nowMs: number): void {
  // Number() would also take '1e9', ' 1', '0x1' and ''.
  const seconds = typeof timestamp === 'string' && /^\d{1,15}$/.test(timestamp) ? Number(timestamp) : Number.NaN
  if (!(Math.abs(Math.floor(nowMs / 1000) - seconds) <= toleranceSeconds))
    throw new Refusal(403, 'Request timestamp expired (max 5 minutes)', {}, () => explainTimestamp(timestamp, nowMs))
}
