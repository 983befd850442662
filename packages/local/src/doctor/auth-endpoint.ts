import { isRecord, parseJson } from '../json.ts'
import { type Answer, ask, Unanswered } from './ask.ts'
import { type AppKeys, judgeAnswer } from './auth-answer.ts'
import { checkCors } from './cors.ts'
import { type Finding, failed, ok } from './finding.ts'

/** What to ask the app's auth endpoint, and as whom. */
export interface AuthEndpoint {
  readonly url: URL
  readonly channel: string
  /** Those of a signed-in user: a cookie, a bearer token. */
  readonly headers: Readonly<Record<string, string>>
  /** The origin of the page, where it is not that of `url`. */
  readonly origin: string | undefined
}

const socketId = '1234.5678'

/** Asks as the client libraries ask, and judges what they would be answered. */
export async function checkAuthEndpoint(endpoint: AuthEndpoint, app: AppKeys): Promise<Finding[]> {
  try {
    return await examine(endpoint, app)
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error
    return [failed('auth endpoint', error.message, `${error.mend} --auth-url says where the app is.`)]
  }
}

async function examine(endpoint: AuthEndpoint, app: AppKeys): Promise<Finding[]> {
  const { url, channel, headers, origin } = endpoint
  const asked = { socket_id: socketId, channel_name: channel }
  const form = new URLSearchParams(asked).toString()
  const page: Record<string, string> = origin === undefined ? {} : { origin }
  const post = (type: string, body: string): Promise<Answer> =>
    ask({ url, method: 'POST', headers: { ...headers, ...page, 'content-type': type }, body })

  const asForm = await post('application/x-www-form-urlencoded', form)
  const asJson = await post('application/json', JSON.stringify(asked))
  const inUrl = new URL(url)
  inUrl.search = form
  const got = await ask({ url: inUrl, method: 'GET', headers })
  const expected = { socketId, channel, app }
  return [
    judgeAnswer('auth endpoint, a form (pusher-js)', asForm, 'form', expected),
    judgeAnswer('auth endpoint, JSON (pingerchips-js)', asJson, 'JSON', expected),
    judgeGet(got),
    ...(origin === undefined || origin === url.origin ? [] : await checkCors(endpoint, origin, asForm)),
  ]
}

function judgeGet({ status, text }: Answer): Finding {
  const check = 'auth endpoint, GET'
  const answer = parseJson(text)
  if (isRecord(answer) && 'auth' in answer)
    return failed(
      check,
      'signs what is asked for in a URL',
      'URLs are logged and links are followed with cookies: take POST alone.',
    )
  return ok(check, `signs nothing (${status})`)
}
