import { signatureVerifier } from '../protocol/credentials.ts'
import { isRecord, parseJson } from '../protocol/json.ts'
import { channelKind } from '../protocol/names.ts'
import { type CheckResult, failed, ok } from './check-result.ts'
import type { DoctorResponse } from './request.ts'

/** The credentials that a response is signed with. */
export interface AppKeys {
  readonly key: string
  readonly secret: string
}

export interface Expected {
  readonly socketId: string
  readonly channel: string
  readonly app: AppKeys
}

interface Problem {
  readonly found: string
  readonly fix: string
}

/** Checks a response as a client library would. A signature and a refusal are both correct. */
export function checkAuthResponse(
  check: string,
  response: DoctorResponse,
  form: 'form' | 'JSON',
  expected: Expected,
): CheckResult {
  const { status, text, headers } = response
  const json = parseJson(text)
  if (status === 200) {
    const problem = signatureResponseProblem(json, text, form === 'form' ? 'pusher-js' : 'pingerchips-js', expected)
    if (problem !== undefined) return failed(check, `200, but ${problem.found}`, problem.fix)
    return ok(check, `200, and the signature for ${expected.channel} is right`)
  }
  if ((status === 403 || status === 401) && isRecord(json))
    return ok(
      check,
      `${status}, a refusal in JSON, which is correct. To check a signature, send a session (--cookie, --header) and a --channel`,
    )
  const { found, fix } = statusProblem(status, form, headers)
  return failed(check, `${status}${found && `, ${found}`}`, fix)
}

/** Returns what is wrong with a 200; `undefined` if a client can subscribe with it. */
function signatureResponseProblem(
  json: unknown,
  text: string,
  client: 'pusher-js' | 'pingerchips-js',
  { socketId, channel, app }: Expected,
): Problem | undefined {
  if (json === undefined)
    return /^\s*</.test(text)
      ? {
          found: 'with a web page',
          fix: "Another route responds, often a single-page app's or a sign-in page: mount the adapter before it.",
        }
      : { found: 'no JSON', fix: 'Respond with exactly {"auth":"KEY:SIGNATURE"}, as the adapters do.' }
  const isPresence = channelKind(channel) === 'presence'
  const { auth, channel_data: member, user_data: user, shared_secret: _, ...others } = isRecord(json) ? json : {}
  const [, key, signature] = /^(.*):([0-9a-f]{64})$/.exec(typeof auth === 'string' ? auth : '') ?? []
  if (key === undefined)
    return {
      found: 'without an auth of the form KEY:SIGNATURE at its top',
      fix: 'Respond with the result of client.authenticate(), not wrapped.',
    }
  if (isPresence && typeof member !== 'string')
    return { found: 'without channel_data', fix: 'Let authorize return { user_id } for presence channels.' }
  if (key !== app.key)
    return {
      found: 'signed for another app key than PINGERCHIPS_APP_KEY',
      fix: 'Use the same environment for the app and the doctor, and the same key in the client library.',
    }
  const verify = signatureVerifier(app.secret)
  const isSigned = (data: unknown) =>
    verify(signature, [socketId, channel, ...(typeof data === 'string' ? [data] : [])].join(':'))
  const [field, forwarded, other] =
    isPresence || client === 'pusher-js' ? ['channel_data', member, user] : ['user_data', user, member]
  if (forwarded !== undefined && typeof forwarded !== 'string')
    return {
      found: `with ${field} that is not text`,
      fix: `Return ${field} as the JSON text that was signed, as client.authenticate() does.`,
    }
  if (!isSigned(forwarded)) return signatureProblem(client, field, isSigned(other), isSigned(undefined))
  if (Object.keys(others).length > 0)
    return {
      found: `with unknown fields (${Object.keys(others).length})`,
      fix: 'Respond with the result of client.authenticate() and no other fields.',
    }
  return undefined
}

/** Why the service refuses the signature, with the text that this client library forwards beside it. */
function signatureProblem(client: string, field: string, otherIsSigned: boolean, noneIsSigned: boolean): Problem {
  if (noneIsSigned)
    return {
      found: `with ${field} that is not signed: ${client} forwards it, and the subscription fails`,
      fix: `Sign SOCKET:CHANNEL:DATA with that text, as client.authenticate() does, or return no ${field}.`,
    }
  if (otherIsSigned)
    return {
      found: `with the signed text only in ${field === 'user_data' ? 'channel_data' : 'user_data'}, which ${client} does not forward: the subscription fails`,
      fix: 'Return the signed text as channel_data and as user_data, as client.authenticate() does: pusher-js forwards only channel_data, pingerchips-js only user_data.',
    }
  return {
    found: 'with a signature that PINGERCHIPS_APP_SECRET does not make',
    fix: "The app has another secret, or does not sign the request's own socket_id and channel_name.",
  }
}

const serverError: Problem = {
  found: 'a failure of the app',
  fix: 'See its log. A refusal is a 403.',
}

function statusProblem(status: number, form: string, headers: Headers): Problem {
  if (status >= 300 && status < 400)
    return {
      found: `a redirect to ${pathOf(headers.get('location'))}`,
      fix: 'Clients would follow it to a page and fail. Mount the endpoint before any sign-in guard: it refuses by itself.',
    }
  if (status > 200 && status < 300)
    return { found: 'not 200', fix: 'Client libraries accept only 200. Do not change the status of the adapter.' }
  if (status >= 500) return serverError
  return byStatus(form)[status] ?? { found: '', fix: 'Client libraries expect 200, or 403 with {"error":…}.' }
}

function byStatus(form: string): Readonly<Record<number, Problem>> {
  const parsers = `Mount the adapter where it receives the body: it parses a ${form} itself, with any parser before it or none.`
  const refusal: Problem = {
    found: 'but not in JSON',
    fix: 'A layer before the endpoint refuses: a CSRF protection (exempt this path), a firewall or a proxy.',
  }
  return {
    400: { found: `the ${form} was not understood`, fix: parsers },
    401: refusal,
    403: refusal,
    404: {
      found: 'no route is there',
      fix: 'The adapters add /pingerchips/auth, below the prefix of their router. `path` changes it: --auth-url and the client library must use the same.',
    },
    405: { found: 'POST is not allowed', fix: 'The path belongs to another route, or a proxy allows only GET.' },
    413: { found: 'a body of 60 bytes is too large', fix: 'Raise the limit of the parser or the proxy.' },
    415: { found: `a parser of the app accepts no ${form}`, fix: parsers },
    429: { found: 'the rate limit is reached', fix: 'Try again later, or raise rateLimit of the endpoint.' },
  }
}

/** Target of a redirect, without its query, which may contain a token. */
function pathOf(location: string | null): string {
  const base = 'http://same.invalid'
  if (location === null || !URL.canParse(location, base)) return 'somewhere'
  const { origin, pathname } = new URL(location, base)
  return origin === base ? pathname : origin + pathname
}
