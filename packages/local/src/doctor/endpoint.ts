import { PingerchipsError, type PingerchipsErrorCode, type PingerchipsServer } from '@pingerchips/core'
import { type CheckResult, failed, ok, skipped } from './check-result.ts'
import { NoResponseError, sendRequest } from './request.ts'

/** The default of core's client, which does not export it. */
const defaultEndpoint = 'https://queue.pingerchips.com'

/** Seconds that the time stamp of a signed request may be off, past or future. */
const clockLimit = 300

/** Checks that the endpoint responds, and compares its clock with this machine's. */
export async function checkEndpoint(endpoint: string = defaultEndpoint): Promise<CheckResult[]> {
  const { origin } = new URL(endpoint)
  const sentAt = Date.now()
  try {
    const { headers, status } = await sendRequest({ url: new URL(origin), method: 'GET' })
    const receivedAt = Date.now()
    const reached = ok('endpoint', `${origin} responds (${status} in ${receivedAt - sentAt} ms)`)
    return [reached, checkClock(headers.get('date'), sentAt, receivedAt)]
  } catch (error) {
    if (!(error instanceof NoResponseError)) throw error
    return [
      failed('endpoint', error.message, `${error.fix} PINGERCHIPS_ENDPOINT is its address.`),
      skipped('clock', 'needs a response of the endpoint'),
    ]
  }
}

function checkClock(date: string | null, sentAt: number, receivedAt: number): CheckResult {
  const theirs = Date.parse(date ?? '')
  if (Number.isNaN(theirs)) return skipped('clock', 'the endpoint sends no Date header')
  // A Date header is cut to whole seconds, and is of any moment between the request and the response.
  const ahead = sentAt - (theirs + 999)
  const behind = theirs - receivedAt
  const seconds = Math.ceil(Math.max(ahead, behind, 0) / 1000)
  const off = `${seconds} s ${ahead > behind ? 'ahead of' : 'behind'} the endpoint's`
  if (seconds > clockLimit)
    return failed(
      'clock',
      `this machine's is ${off}`,
      `Set it (NTP, timedatectl set-ntp true): over ${clockLimit} s the service refuses every signed request.`,
    )
  return ok('clock', seconds === 0 ? 'agrees with the endpoint' : `${off}; up to ${clockLimit} s are allowed`)
}

/** The channel of the doctor's own event: a public channel without subscribers. */
export const doctorChannel = 'pingerchips-doctor'

const fixes: Partial<Record<PingerchipsErrorCode, string>> = {
  invalid_signature:
    'Copy PINGERCHIPS_APP_KEY and PINGERCHIPS_APP_SECRET again, both from the same app, the secret to its last character.',
  timestamp_expired: "Set this machine's clock (NTP): every signed request carries its time.",
  app_not_found: 'Check PINGERCHIPS_APP_ID, PINGERCHIPS_APP_KEY, and that PINGERCHIPS_ENDPOINT serves the app.',
  forbidden: 'Check PINGERCHIPS_APP_KEY, PINGERCHIPS_APP_SECRET and PINGERCHIPS_API_TOKEN.',
  rate_limited: 'The app has reached its rate limit. Try again later.',
  service_unavailable: 'The service is unavailable. Try again later.',
  unexpected_response: 'PINGERCHIPS_ENDPOINT is not an HTTP API: check its host and path.',
}

/** Triggers one event with the app's own client and credentials. */
export async function checkTrigger(client: PingerchipsServer): Promise<CheckResult> {
  try {
    await client.trigger(doctorChannel, 'check', {})
    return ok('trigger', `accepted: one event "check" was sent to the channel ${doctorChannel}`)
  } catch (error) {
    if (!(error instanceof PingerchipsError)) throw error
    return failed('trigger', error.message, fixes[error.code] ?? 'Fix the problem above, and run the doctor again.')
  }
}
