import { isRecord, parseJson } from '../json.ts'
import { channelKind } from '../names.ts'
import { signatureVerifier } from '../signature.ts'
import type { Answer } from './ask.ts'
import { type Finding, failed, ok } from './finding.ts'

/** What answers are signed with. */
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
  readonly mend: string
}

/** What a client library would make of an answer. A grant and a refusal are both as they should be. */
export function judgeAnswer(check: string, answer: Answer, form: 'form' | 'JSON', expected: Expected): Finding {
  const { status, text, headers } = answer
  const json = parseJson(text)
  if (status === 200) {
    const problem = grantProblem(json, text, form === 'form' ? 'pusher-js' : 'pingerchips-js', expected)
    if (problem !== undefined) return failed(check, `200, but ${problem.found}`, problem.mend)
    return ok(check, `200, and the signature for ${expected.channel} is right`)
  }
  if ((status === 403 || status === 401) && isRecord(json))
    return ok(
      check,
      `${status}, a refusal in JSON: it works. --cookie or --header with a session, and --channel, to see it sign`,
    )
  const { found, mend } = statusProblem(status, form, headers)
  return failed(check, `${status}${found && `, ${found}`}`, mend)
}

/** What is wrong with a 200; `undefined` if a client can join with it. */
function grantProblem(
  json: unknown,
  text: string,
  client: 'pusher-js' | 'pingerchips-js',
  { socketId, channel, app }: Expected,
): Problem | undefined {
  if (json === undefined)
    return /^\s*</.test(text)
      ? {
          found: 'with a web page',
          mend: "Another route answers here, often a single-page app's or a sign-in page: mount the adapter before it.",
        }
      : { found: 'no JSON', mend: 'Answer with exactly {"auth":"KEY:SIGNATURE"}, as the adapters do.' }
  const isPresence = channelKind(channel) === 'presence'
  const { auth, channel_data: member, user_data: user, shared_secret: _, ...others } = isRecord(json) ? json : {}
  const [, key, signature] = /^(.*):([0-9a-f]{64})$/.exec(typeof auth === 'string' ? auth : '') ?? []
  if (key === undefined)
    return {
      found: 'without an auth of the form KEY:SIGNATURE at its top',
      mend: 'Answer what client.authenticate() returns, with nothing around it.',
    }
  if (isPresence && typeof member !== 'string')
    return { found: 'without channel_data', mend: 'Have authorize answer { user_id } for presence channels.' }
  if (key !== app.key)
    return {
      found: 'signed for another app key than PINGERCHIPS_APP_KEY',
      mend: 'Give the app and the doctor the same environment, and the client library the same key.',
    }
  const verify = signatureVerifier(app.secret)
  const isSigned = (data: unknown) =>
    verify(signature, [socketId, channel, ...(typeof data === 'string' ? [data] : [])].join(':'))
  const [field, forwarded, other] =
    isPresence || client === 'pusher-js' ? ['channel_data', member, user] : ['user_data', user, member]
  if (forwarded !== undefined && typeof forwarded !== 'string')
    return {
      found: `with ${field} that is not text`,
      mend: `Return ${field} as the JSON text that was signed, as client.authenticate() does.`,
    }
  if (!isSigned(forwarded)) return signatureProblem(client, field, isSigned(other), isSigned(undefined))
  if (Object.keys(others).length > 0)
    return {
      found: `with fields that no client library knows (${Object.keys(others).length})`,
      mend: 'Answer what client.authenticate() returns and nothing beside it.',
    }
  return undefined
}

/** Why the service refuses the signature, with the text that this client library forwards beside it. */
function signatureProblem(client: string, field: string, otherIsSigned: boolean, noneIsSigned: boolean): Problem {
  if (noneIsSigned)
    return {
      found: `with ${field} that is not signed: ${client} forwards it, and the subscription fails`,
      mend: `Sign SOCKET:CHANNEL:DATA with that text, as client.authenticate() does, or return no ${field}.`,
    }
  if (otherIsSigned)
    return {
      found: `with the signed text only in ${field === 'user_data' ? 'channel_data' : 'user_data'}, which ${client} does not forward: the subscription fails`,
      mend: 'Return the signed text as channel_data and as user_data, as client.authenticate() does: pusher-js forwards only channel_data, pingerchips-js only user_data.',
    }
  return {
    found: 'with a signature that PINGERCHIPS_APP_SECRET does not make',
    mend: "The app has another secret, or does not sign the request's own socket_id and channel_name.",
  }
}

const errorForEvent: Problem = {
  found: 'a failure of the app',
  mend: 'Its log says why. A refusal is a 403, not this.',
}

function statusProblem(status: number, form: string, headers: Headers): Problem {
  if (status >= 300 && status < 400)
    return {
      found: `a redirect to ${pathOf(headers.get('location'))}`,
      mend: 'Clients would follow it to a page and fail. Let no sign-in guard stand before the endpoint: it refuses by itself.',
    }
  if (status > 200 && status < 300)
    return { found: 'not 200', mend: 'Client libraries take 200 alone for a success. Leave the status to the adapter.' }
  if (status >= 500) return errorForEvent
  return byStatus(form)[status] ?? { found: '', mend: 'Client libraries expect 200, or 403 with {"error":…}.' }
}

function byStatus(form: string): Readonly<Record<number, Problem>> {
  const parsers = `Mount the adapter where it gets the body: it reads a ${form} itself, with any parser before it or none.`
  const refusal: Problem = {
    found: 'but not in JSON',
    mend: 'Something before the endpoint refuses: a CSRF protection (leave this path out of it), a firewall or a proxy.',
  }
  return {
    400: { found: `it could not use the ${form}`, mend: parsers },
    401: refusal,
    403: refusal,
    404: {
      found: 'nothing is there',
      mend: 'The adapters mount /pingerchips/auth, below the prefix of their router. `path` moves it: --auth-url and the client library must name the same.',
    },
    405: { found: 'it takes no POST', mend: 'The path is of another route, or a proxy allows GET alone.' },
    413: { found: 'a body of 60 bytes is too large for it', mend: "Mend the parser's or the proxy's limit." },
    415: { found: `a parser of the app takes no ${form}`, mend: parsers },
    429: { found: 'it is limited', mend: 'Ask again later, or see the limit of the endpoint.' },
  }
}

/** Where a redirect leads, without its query: that may hold a token. */
function pathOf(location: string | null): string {
  const base = 'http://same.invalid'
  if (location === null || !URL.canParse(location, base)) return 'somewhere'
  const { origin, pathname } = new URL(location, base)
  return origin === base ? pathname : origin + pathname
}
