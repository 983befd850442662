import { type CheckResult, failed, ok } from './check-result.ts'
import { type AuthEndpoint, type DoctorResponse, sendRequest } from './request.ts'

/** Checks whether a browser lets a page of `origin` send the request and read the response. */
export async function checkCors(
  { url, headers }: AuthEndpoint,
  origin: string,
  asForm: DoctorResponse,
): Promise<CheckResult[]> {
  const sendsCookie = 'cookie' in headers
  // Browsers send cookies themselves; a preflight must allow every other header.
  const requested = ['content-type', ...Object.keys(headers).filter((name) => name !== 'cookie')].sort()
  const preflight = await sendRequest({
    url,
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': requested.join(','),
    },
  })
  const may = `${origin} is allowed`
  // pusher-js never sets withCredentials.
  const cookies = sendsCookie ? ", with cookies from a customHandler that fetches with credentials: 'include'" : ''
  return [
    checkOf('CORS, the response', may + cookies, sharingProblem(asForm, origin, sendsCookie)),
    checkOf('CORS, the preflight', may, preflightProblem(preflight, origin, sendsCookie, requested)),
  ]
}

type Problem = readonly [found: string, fix: string]

function checkOf(check: string, right: string, problem: Problem | undefined): CheckResult {
  return problem === undefined ? ok(check, right) : failed(check, ...problem)
}

/** Returns why a browser hides the response from the page; `undefined` if it does not. */
function sharingProblem({ headers }: DoctorResponse, origin: string, sendsCookie: boolean): Problem | undefined {
  const allowed = headers.get('access-control-allow-origin')
  const withCookies = headers.get('access-control-allow-credentials') === 'true'
  if (allowed === null)
    return [
      'no Access-Control-Allow-Origin, so browsers hide the response from the page',
      `Mount your framework's CORS middleware before the adapter, with origin: '${origin}'.`,
    ]
  if (allowed === '*' && (withCookies || sendsCookie))
    return [
      'Access-Control-Allow-Origin: *, which browsers refuse for requests with cookies',
      `Set the origin: '${origin}', and keep credentials: true.`,
    ]
  if (allowed !== '*' && allowed !== origin)
    return [`allowed is ${allowed}`, `Add '${origin}': scheme, host and port must match, without a slash at the end.`]
  if (sendsCookie && !withCookies)
    return [
      'no Access-Control-Allow-Credentials: browsers send the cookie and hide the response',
      'Set credentials: true in the CORS middleware; in the page, fetch with credentials: "include".',
    ]
  return undefined
}

/** Returns why a browser does not send JSON or the page's own headers. */
function preflightProblem(
  preflight: DoctorResponse,
  origin: string,
  sendsCookie: boolean,
  requested: readonly string[],
): Problem | undefined {
  const { status, headers } = preflight
  if (status < 200 || status > 299)
    return [
      `OPTIONS returns ${status}`,
      'Browsers send OPTIONS before JSON or a header. Mount the CORS middleware before everything that needs a session.',
    ]
  const problem = sharingProblem(preflight, origin, sendsCookie)
  if (problem !== undefined) return problem
  const allowed = (headers.get('access-control-allow-headers') ?? '').toLowerCase().split(/\s*,\s*/)
  const isAllowed = (name: string): boolean =>
    allowed.includes(name) || (allowed.includes('*') && !sendsCookie && name !== 'authorization')
  const missing = requested.filter((name) => !isAllowed(name))
  if (missing.length === 0) return undefined
  return [`Access-Control-Allow-Headers lacks ${missing.join(', ')}`, 'Add it to the CORS middleware: allowedHeaders.']
}
