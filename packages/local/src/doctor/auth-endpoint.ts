import { isRecord, parseJson } from '../protocol/json.ts'
import { type AppKeys, checkAuthResponse } from './auth-response.ts'
import { type CheckResult, failed, ok } from './check-result.ts'
import { checkCors } from './cors.ts'
import { type AuthEndpoint, type DoctorResponse, NoResponseError, sendRequest } from './request.ts'

const socketId = '1234.5678'

/** Sends the requests of the client libraries, and checks the responses. */
export async function checkAuthEndpoint(endpoint: AuthEndpoint, app: AppKeys): Promise<CheckResult[]> {
  try {
    return await examine(endpoint, app)
  } catch (error) {
    if (!(error instanceof NoResponseError)) throw error
    return [failed('auth endpoint', error.message, `${error.fix} --auth-url is its address.`)]
  }
}

async function examine(endpoint: AuthEndpoint, app: AppKeys): Promise<CheckResult[]> {
  const { url, channel, headers, origin } = endpoint
  const fields = { socket_id: socketId, channel_name: channel }
  const form = new URLSearchParams(fields).toString()
  const page: Record<string, string> = origin === undefined ? {} : { origin }
  const post = (type: string, body: string): Promise<DoctorResponse> =>
    sendRequest({ url, method: 'POST', headers: { ...headers, ...page, 'content-type': type }, body })

  const asForm = await post('application/x-www-form-urlencoded', form)
  const asJson = await post('application/json', JSON.stringify(fields))
  const inUrl = new URL(url)
  inUrl.search = form
  const viaGet = await sendRequest({ url: inUrl, method: 'GET', headers })
  const expected = { socketId, channel, app }
  return [
    checkAuthResponse('auth endpoint, a form (pusher-js)', asForm, 'form', expected),
    checkAuthResponse('auth endpoint, JSON (pingerchips-js)', asJson, 'JSON', expected),
    checkGet(viaGet),
    ...(origin === undefined || origin === url.origin ? [] : await checkCors(endpoint, origin, asForm)),
  ]
}

function checkGet({ status, text }: DoctorResponse): CheckResult {
  const check = 'auth endpoint, GET'
  const json = parseJson(text)
  if (isRecord(json) && 'auth' in json)
    return failed(
      check,
      'signs a GET request',
      'URLs are logged, and links are followed with cookies: accept only POST.',
    )
  return ok(check, `signs nothing (${status})`)
}
