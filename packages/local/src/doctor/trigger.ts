import { PingerchipsError, type PingerchipsErrorCode, type PingerchipsServer } from '@pingerchips/core'
import { type Finding, failed, ok } from './finding.ts'

/** Where the doctor's own event goes: a public channel that nobody has a reason to be on. */
export const doctorChannel = 'pingerchips-doctor'

const mends: Partial<Record<PingerchipsErrorCode, string>> = {
  invalid_signature:
    'Copy PINGERCHIPS_APP_KEY and PINGERCHIPS_APP_SECRET anew, both from the same app, the secret to its last character.',
  timestamp_expired: "Set this machine's clock (NTP): every signed request carries its time.",
  app_not_found: 'Check PINGERCHIPS_APP_ID, PINGERCHIPS_APP_KEY, and that the app is one of this PINGERCHIPS_ENDPOINT.',
  forbidden: 'Check PINGERCHIPS_APP_KEY, PINGERCHIPS_APP_SECRET and PINGERCHIPS_API_TOKEN.',
  rate_limited: 'The app sends as much as it may already. Ask again later.',
  service_unavailable: 'That is the service. Ask again later.',
  unexpected_response: 'PINGERCHIPS_ENDPOINT is no HTTP API: check its host and path.',
}

/** Sends one event, with the code and the credentials that the app would send it with. */
export async function checkTrigger(client: PingerchipsServer): Promise<Finding> {
  try {
    await client.trigger(doctorChannel, 'check', {})
    return ok('trigger', `accepted: one event "check" went to the channel ${doctorChannel}, where nobody listens`)
  } catch (error) {
    if (!(error instanceof PingerchipsError)) throw error
    return failed('trigger', error.message, mends[error.code] ?? 'Mend what is above, and ask again.')
  }
}
