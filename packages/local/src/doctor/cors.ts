import { type Answer, ask } from './ask.ts'
import type { AuthEndpoint } from './auth-endpoint.ts'
import { type Finding, failed, ok } from './finding.ts'

/** Whether a browser lets a page of `origin` ask, and see what it is answered. */
export async function checkCors({ url, headers }: AuthEndpoint, origin: string, asForm: Answer): Promise<Finding[]> {
  const sendsCookie = 'cookie' in headers
  // A cookie is the browser's own to send; every other header a preflight has to allow.
  const asked = ['content-type', ...Object.keys(headers).filter((name) => name !== 'cookie')].sort()
  const preflight = await ask({
    url,
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': asked.join(','),
    },
  })
  const may = `${origin} may`
  // pusher-js never sets withCredentials.
  const cookies = sendsCookie ? ", with cookies from a customHandler that fetches with credentials: 'include'" : ''
  return [
    judge('CORS, the answer', may + cookies, sharingProblem(asForm, origin, sendsCookie)),
    judge('CORS, the preflight', may, preflightProblem(preflight, origin, sendsCookie, asked)),
  ]
}

type Problem = readonly [found: string, mend: string]

function judge(check: string, right: string, problem: Problem | undefined): Finding {
  return problem === undefined ? ok(check, right) : failed(check, ...problem)
}

/** Why a browser keeps the answer from the page; `undefined` if it does not. */
function sharingProblem({ headers }: Answer, origin: string, sendsCookie: boolean): Problem | undefined {
  const allowed = headers.get('access-control-allow-origin')
  const withCookies = headers.get('access-control-allow-credentials') === 'true'
  if (allowed === null)
    return [
      'no Access-Control-Allow-Origin, without which browsers keep the page out',
      `Put your framework's CORS middleware before the adapter, with origin: '${origin}'.`,
    ]
  if (allowed === '*' && (withCookies || sendsCookie))
    return [
      'Access-Control-Allow-Origin: *, which browsers do not accept for requests with cookies',
      `Name the origin: '${origin}', and keep credentials: true.`,
    ]
  if (allowed !== '*' && allowed !== origin)
    return [`allowed is ${allowed}`, `Add '${origin}': scheme, host and port have to be the same, no slash at the end.`]
  if (sendsCookie && !withCookies)
    return [
      'no Access-Control-Allow-Credentials: browsers send the cookie but keep the answer',
      'Set credentials: true in the CORS middleware; in the page, fetch with credentials: "include".',
    ]
  return undefined
}

/** Why a browser does not even ask with JSON or with headers of the page's own. */
function preflightProblem(
  preflight: Answer,
  origin: string,
  sendsCookie: boolean,
  asked: readonly string[],
): Problem | undefined {
  const { status, headers } = preflight
  if (status < 200 || status > 299)
    return [
      `OPTIONS is answered ${status}`,
      'Browsers ask so before they send JSON or a header. Put the CORS middleware before everything that wants a session.',
    ]
  const problem = sharingProblem(preflight, origin, sendsCookie)
  if (problem !== undefined) return problem
  const allowed = (headers.get('access-control-allow-headers') ?? '').toLowerCase().split(/\s*,\s*/)
  const isAllowed = (name: string): boolean =>
    allowed.includes(name) || (allowed.includes('*') && !sendsCookie && name !== 'authorization')
  const missing = asked.filter((name) => !isAllowed(name))
  if (missing.length === 0) return undefined
  return [`Access-Control-Allow-Headers lacks ${missing.join(', ')}`, 'Add it to the CORS middleware: allowedHeaders.']
}
