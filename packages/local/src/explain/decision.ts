import type { Explanation } from '../state/log-event.ts'

/** A decision of an app's auth endpoint, as core publishes it on the diagnostics channel `pingerchips:decision`. */
export interface Decision {
  /** Unique. */
  readonly id: string | undefined
  readonly type: 'subscribe' | 'signin'
  readonly outcome: 'granted' | 'refused' | 'failed'
  readonly socketId: string | undefined
  readonly channel: string | undefined
  readonly kind: string | undefined
  readonly status: number | undefined
  readonly reason: string | undefined
  readonly rule: string | null | undefined
  /** `NAME: MESSAGE` of what a callback threw. */
  readonly error: string | undefined
  readonly request: {
    readonly method: string
    /** Only for `not_found`. */
    readonly path: string | undefined
    readonly hasCookie: boolean
    readonly hasAuthorization: boolean
    readonly origin: string | undefined
    readonly host: string | undefined
    readonly contentType: string | undefined
  }
  /** Milliseconds. */
  readonly duration: number
}

/** Explains a decision, with the fix; `undefined` if access was granted. */
export function explainDecision(decision: Decision): Explanation | undefined {
  const { outcome, error, reason, status } = decision
  if (outcome === 'granted') return undefined
  if (outcome === 'failed') return { text: failureText(error ?? 'an error') }
  const text = {
    ...texts,
    no_user: noUserText(decision),
    denied: deniedText(decision),
    not_found: notFoundText(decision),
  }[reason ?? '']
  return { text: text ?? `The auth endpoint responded with ${status}.` }
}

const texts: Readonly<Record<string, string>> = {
  method: 'The request was not a POST. Check the method in the client, and redirects before the endpoint.',
  content_type:
    'The endpoint accepts application/json and application/x-www-form-urlencoded, not compressed. Check the Content-Type ' +
    'that the client sends.',
  body: 'The body was larger than 16 KiB, or did not arrive within 10 seconds. Send less in params or authInfo.',
  malformed:
    'socket_id or channel_name is missing or malformed. Mount the endpoint where it receives the body unchanged, and ' +
    'check the channel name: letters, digits and _ - = @ , . ; only.',
  rate_limit: 'The request is over rateLimit of the endpoint. Raise the limit, or send fewer requests.',
  disabled: 'The client has no credentials on this server. Set the PINGERCHIPS_… variables.',
}

function noUserText({ request }: Decision): string {
  const { hasCookie, hasAuthorization, origin, host } = request
  const isCrossOrigin = origin !== undefined && host !== undefined && hostOf(origin) !== host
  if (hasCookie)
    return (
      'user returned no user, although the request had a cookie. Either the session has expired, or the session ' +
      'middleware is mounted after the endpoint: mount it before.'
    )
  if (hasAuthorization)
    return 'user returned no user, although the request had an Authorization header. Check that the token is valid.'
  if (isCrossOrigin)
    return (
      `user returned no user: the request had no session cookie and no Authorization header. The page of ${origin} is of ` +
      `another origin than ${host}, and browsers send cookies there only with credentials: use a customHandler that ` +
      "fetches with credentials: 'include' and allow the origin with CORS, or serve both from one origin."
    )
  return (
    'user returned no user: the request had no session cookie and no Authorization header. Sign in first. If the user ' +
    'is signed in, check Path, Domain, SameSite and Secure of the cookie.'
  )
}

function deniedText({ type, channel, rule }: Decision): string {
  if (type === 'signin') return 'signin refused this user.'
  if (rule === null)
    return `No rule matches the channel ${channel}, so it is refused. Add a rule for it to channelRules.`
  if (rule !== undefined) return `The rule '${rule}' refused the channel ${channel} for this user.`
  return `authorize refused the channel ${channel} for this user.`
}

function notFoundText({ type, request: { path } }: Decision): string {
  const option = type === 'signin' ? 'userAuthentication' : 'channelAuthorization'
  return (
    `The app has no route for POST ${path}. The auth endpoint is at /pingerchips/auth, or at the option path, below the ` +
    `prefix that it is mounted on. Set ${option}.endpoint of the client to that path: pusher-js uses /pusher/… without it.`
  )
}

function failureText(error: string): string {
  if (error.includes('true for a presence channel'))
    return `${error} Return { user_id: user.id, user_info: { name: user.name } } for presence channels.`
  // The error names the fix.
  if (error.includes('read the request body')) return error
  return `A callback of the app failed, and nothing was signed: ${error}`
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}
