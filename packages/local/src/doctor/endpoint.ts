import { ask, Unanswered } from './ask.ts'
import { type Finding, failed, ok, skipped } from './finding.ts'

/** As core's client has it. */
const defaultEndpoint = 'https://queue.pingerchips.com'

/** Seconds that the service lets the time stamp of a signed request be off, either way. */
const clockLimit = 300

/** Whether anything answers at the endpoint, and what time it is there. */
export async function checkEndpoint(endpoint: string = defaultEndpoint): Promise<Finding[]> {
  const { origin } = new URL(endpoint)
  const asked = Date.now()
  try {
    const { headers, status } = await ask({ url: new URL(origin), method: 'GET' })
    const answered = Date.now()
    const reached = ok('endpoint', `${origin} answers (${status} in ${answered - asked} ms)`)
    return [reached, checkClock(headers.get('date'), asked, answered)]
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error
    return [
      failed('endpoint', error.message, `${error.mend} PINGERCHIPS_ENDPOINT says where it is.`),
      skipped('clock', 'only an answer of the endpoint tells its time'),
    ]
  }
}

function checkClock(date: string | null, asked: number, answered: number): Finding {
  const theirs = Date.parse(date ?? '')
  if (Number.isNaN(theirs)) return skipped('clock', 'the endpoint does not tell its time')
  // A Date header is cut to whole seconds, and any moment between question and answer may be the one it tells.
  const ahead = asked - (theirs + 999)
  const behind = theirs - answered
  const seconds = Math.ceil(Math.max(ahead, behind, 0) / 1000)
  const off = `${seconds} s ${ahead > behind ? 'ahead of' : 'behind'} the endpoint's`
  if (seconds > clockLimit)
    return failed(
      'clock',
      `this machine's is ${off}`,
      `Set it (NTP, timedatectl set-ntp true): past ${clockLimit} s the service refuses every signed request.`,
    )
  return ok('clock', seconds === 0 ? 'agrees with the endpoint' : `${off}; up to ${clockLimit} s are allowed`)
}
