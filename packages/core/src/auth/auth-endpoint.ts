import type { PingerchipsServer } from '../client.ts'
import { describeType, invalidArgument, PingerchipsError } from '../errors.ts'
import { type AuthEvent, type HookDispatcher, observers } from '../hooks/hooks.ts'
import { once } from '../internal/once.ts'
import { assertOptions, assertTimeout, isSocketId } from '../internal/validate.ts'
import type { IncomingRequest } from '../requests/incoming-request.ts'
import { assertWebhooks, maxWebhookBytes, type WebhookEndpointOptions } from '../webhooks/options.ts'
import {
  type AuthorizeContext,
  type AuthorizeResult,
  isUser,
  type SigninContext,
  type SigninResult,
  toDecision,
  toSigninUser,
  type Unauthenticated,
} from './decisions.ts'
import { type Denial, deniedAnswer } from './deny.ts'
import {
  type Attempt,
  bodyFields,
  bodyType,
  type Fields,
  maxBodyBytes,
  toAttempt,
  type UserContext,
} from './parse-request.ts'
import { assertLimit, type Limit, type RateLimitContext, type RateLimitOptions } from './rate-limit.ts'
import { RequestClient, type RequestPorts } from './request-client.ts'
import { authResponse, EndpointResponse, errorResponses, signedIn } from './responses.ts'
import { type Awaitable, answered, ignoreRejection, proceed, toError } from './run-callback.ts'

/** What an app tells the endpoint. `Request` is the framework's own; `User` is inferred from `user`. */
export interface AuthEndpointOptions<Request, User> {
  /**
   * Who signs and triggers. A function is called with the framework's own request, for an app whose secrets arrive with
   * it or that serves several tenants; make each client once and keep it. In Hono and `fetchHandler` it is called once
   * for each `env` object and its client kept: there it must not depend on anything else of the request.
   */
  readonly client: PingerchipsServer | ((request: Request) => PingerchipsServer)
  /**
   * Who is asking: a session, a JWT, anything. `null`, `undefined`, `false` and `''` mean nobody, and are refused with a
   * 403; `deny({ status: 401 })` has a client renew its token. Left out, `authorize` alone decides. Write it before
   * `authorize`, whose `user` gets its type from here.
   */
  readonly user?: ((request: Request, attempt: UserContext) => Awaitable<User | Unauthenticated | Denial>) | undefined
  /** May they join? See {@link AuthorizeResult}. */
  readonly authorize: (attempt: AuthorizeContext<NoInfer<Request>, User>) => Awaitable<AuthorizeResult>
  /**
   * Who is this to the service? Given, it mounts `POST /pingerchips/user-auth` for `pusher.signin()`, and is asked there
   * in the place of `authorize`. Only `user` and it decide: it goes with `user`.
   */
  readonly signin?: ((attempt: SigninContext<NoInfer<Request>, User>) => Awaitable<SigninResult>) | undefined
  /**
   * How often one may ask: what comes beyond it is refused with a 429. Counted once the request is well-formed and `user` has
   * answered, by the user, and whoever is nobody by the connection's address; joins and sign-ins together. Default: no limit.
   */
  readonly rateLimit?: RateLimitOptions<NoInfer<Request>, NoInfer<User>> | undefined
  /**
   * What the service tells the app: given, it mounts `POST /pingerchips/webhooks`. Neither `user` nor `authorize` is asked
   * there, and nothing is counted: the service's signature decides.
   */
  readonly webhooks?: WebhookEndpointOptions<NoInfer<Request>> | undefined
  /**
   * Where the endpoint is, below whatever it is mounted on: segments of letters, digits and `- . _ ~`. Default:
   * `/pingerchips/auth`. Beside it is the sign-in endpoint, whose last segment is `user-auth`, and that of webhooks.
   */
  readonly path?: string | undefined
  /**
   * The name under which route handlers find the client, for a second client in one app: letters, digits, `_` and `$`,
   * and nothing that the framework's request has already. Default: `pingerchips`, as in `req.pingerchips`. Another name
   * is for the app to declare: it is a {@link RequestClient}.
   */
  readonly property?: string | undefined
  /** Milliseconds that `user`, `authorize`, `signin` and `webhooks.handler` may each take before the request fails, 1 to 2147483647. Default: 10000. */
  readonly timeout?: number | undefined
}

const optionNames: Record<keyof AuthEndpointOptions<unknown, unknown>, true> = {
  client: true,
  user: true,
  authorize: true,
  signin: true,
  rateLimit: true,
  webhooks: true,
  path: true,
  property: true,
  timeout: true,
}
const defaultPath = '/pingerchips/auth'
const defaultProperty = 'pingerchips'
const defaultTimeout = 10_000
const signinSegment = 'user-auth'
const webhooksSegment = 'webhooks'

/** What the endpoint answers at one path. */
export interface Route<Request> {
  /** Below whatever the endpoint is mounted on, with a slash in front. */
  readonly path: string
  /** The most that it reads, in bytes. */
  readonly maxBytes: number
  /**
   * Answers a request: at once where the body is there and the callbacks answer at once, else later. A refusal is an
   * answer.
   * @throws {Error} (as a rejection, never at once) what a callback threw or what the app did wrong: always an `Error`,
   * for the framework's own error path. Nothing was signed, and the client is to see no detail of it
   */
  answer(request: Request, carrier: IncomingRequest): EndpointResponse | Promise<EndpointResponse>
}

/** The auth endpoint, without a framework: body → attempt → user → authorize → answer. */
export class AuthEndpoint<Request, User> {
  /** The paths that it answers: one to join channels, with `signin` one to sign in, and with `webhooks` one for those. */
  readonly routes: readonly Route<Request>[]
  /** As {@link AuthEndpointOptions.property}: where an adapter puts what {@link AuthEndpoint.requestClient} makes. */
  readonly property: string
  readonly #options: AuthEndpointOptions<Request, User>
  readonly #timeout: number
  readonly #limit: (() => Promise<Limit<Request, User>>) | undefined
  readonly #address: ((request: Request) => string | undefined) | undefined

  /**
   * @param address how the framework gives a connection's address, heeding a proxy only if the app trusts it; left out
   * where it has no way to
   * @throws {TypeError} naming the option that is missing, malformed or unknown
   */
  constructor(options: AuthEndpointOptions<Request, User>, address?: (request: Request) => string | undefined) {
    assertOptions(options, 'options', optionNames)
    const {
      client,
      user,
      authorize,
      signin,
      rateLimit: limit,
      webhooks,
      path = defaultPath,
      property = defaultProperty,
      timeout = defaultTimeout,
    } = options
    if (!isClient(client) && typeof client !== 'function')
      throw invalidArgument('options.client', `must be a PingerchipsServer or a function (got ${describeType(client)})`)
    if (user !== undefined) assertCallback(user, 'options.user')
    assertCallback(authorize, 'options.authorize')
    if (signin !== undefined) assertCallback(signin, 'options.signin')
    if (signin !== undefined && user === undefined)
      throw invalidArgument('options.user', 'is missing: signin needs to be told who is asking')
    assertPath(path, 'options.path')
    if (signin !== undefined && lastSegment(path).toLowerCase() === signinSegment)
      throw invalidArgument('options.path', `must not end with /${signinSegment}: signin is answered there`)
    if (typeof property !== 'string' || !/^[A-Za-z_$][A-Za-z0-9_$]*$/.test(property) || property in Object.prototype)
      throw invalidArgument('options.property', "must be a property name of letters, digits, _ and $, such as 'chat'")
    assertTimeout(timeout, 'options.timeout')
    this.property = property
    this.#options = options
    this.#timeout = timeout
    if (limit !== undefined) {
      assertLimit(limit, address)
      this.#limit = once(async () => new (await import('./rate-limit.ts')).Limit(limit))
      this.#address = limit.address ?? address
    }
    const route = (path: string, type: AuthEvent['type'], decide: Decide<Request>): Route<Request> => ({
      path,
      maxBytes: maxBodyBytes,
      answer: (request, carrier) => this.#watched(request, carrier, decide, type),
    })
    const routes = [route(path, 'subscribe', this.#join)]
    if (signin !== undefined) routes.push(route(beside(path, signinSegment), 'signin', this.#signIn(signin)))
    if (webhooks !== undefined) {
      assertWebhooks(webhooks)
      const receiver = once(async () => {
        const { WebhookReceiver } = await import('../webhooks/receiver.ts')
        return new WebhookReceiver(webhooks, timeout, (request: Request) => this.client(request))
      })
      const { path: webhooksPath = beside(path, webhooksSegment) } = webhooks
      assertPath(webhooksPath, 'options.webhooks.path')
      // By the last segment: it is all that a handler without a framework goes by.
      const segment = lastSegment(webhooksPath)
      if (routes.some(({ path }) => lastSegment(path).toLowerCase() === segment.toLowerCase()))
        throw invalidArgument(
          'options.webhooks.path',
          `must not end with /${segment}: something else is answered there`,
        )
      routes.push({
        path: webhooksPath,
        maxBytes: maxWebhookBytes,
        answer: async (request, carrier) => (await receiver()).answer(request, carrier),
      })
    }
    this.routes = routes
  }

  /**
   * The route that a request is for. OPTIONS stays with the app, for its CORS.
   * @param isAt whether the framework would route the request to a path
   */
  route(method: string, isAt: (path: string) => boolean): Route<Request> | undefined {
    if (method === 'OPTIONS') return undefined
    for (const route of this.routes) if (isAt(route.path)) return route
    return undefined
  }

  /**
   * Answers whatever it is given, for a handler whose route is the caller's: a sign-in or a webhook where there is such a
   * route and the path ends as that one does, else a join.
   */
  answer(request: Request, carrier: IncomingRequest, path: () => string): EndpointResponse | Promise<EndpointResponse> {
    const [join, ...others] = this.routes as readonly [Route<Request>, ...Route<Request>[]]
    const segment = others.length === 0 ? '' : lastSegment(path().replace(/\/$/, ''))
    return (others.find((route) => lastSegment(route.path) === segment) ?? join).answer(request, carrier)
  }

  /** The client for a request. */
  client(request: Request): PingerchipsServer {
    const { client } = this.#options
    const resolved = typeof client === 'function' ? client(request) : client
    if (isClient(resolved)) return resolved
    ignoreRejection(resolved)
    throw invalidArgument('options.client', `must return a PingerchipsServer (got ${describeType(resolved)})`)
  }

  /** What a route handler finds as `req.pingerchips`. */
  requestClient(request: Request, ports: RequestPorts<Request>): RequestClient {
    return new RequestClient(this, request, ports)
  }

  /** Answers, and tells the client's observer if it wants to hear of it. */
  #watched(request: Request, carrier: IncomingRequest, decide: Decide<Request>, type: AuthEvent['type']) {
    const { client } = this.#options
    if (typeof client !== 'function' && !observers.get(client)?.observesAuth)
      return this.#answer(request, carrier, decide)
    const seen: Seen = {}
    const startTime = Date.now()
    const start = performance.now()
    const tell = (outcome: AuthEvent['outcome'], status?: number) =>
      this.#observer(request, seen)?.auth({
        type,
        outcome,
        channel: seen.attempt?.channel,
        kind: seen.attempt?.kind,
        status,
        startTime,
        duration: performance.now() - start,
      })
    return Promise.resolve(this.#answer(request, carrier, decide, seen)).then(
      (answer) => {
        tell(answer.status === 200 ? 'granted' : 'refused', answer.status)
        return answer
      },
      (error) => {
        tell('failed')
        throw error
      },
    )
  }

  /** A function is asked for its client where the request was well-formed alone: not by whoever sends garbage. */
  #observer(request: Request, { attempt }: Seen): HookDispatcher | undefined {
    const { client } = this.#options
    if (typeof client === 'function' && attempt === undefined) return undefined
    try {
      return observers.get(this.client(request))
    } catch {
      // Nobody to tell; who asks for the client to sign is told why.
      return undefined
    }
  }

  #answer(
    request: Request,
    carrier: IncomingRequest,
    decide: Decide<Request>,
    seen?: Seen,
  ): EndpointResponse | Promise<EndpointResponse> {
    try {
      if (carrier.method !== 'POST') return errorResponses.wrongMethod
      const type = bodyType(carrier.header('content-type'))
      if (type === undefined) return errorResponses.wrongType
      // A parser in front of us has its own limit; the header is all that is left to tell how much it read.
      if (Number(carrier.header('content-length')) > maxBodyBytes) return errorResponses.tooLarge
      return proceed(carrier.body(maxBodyBytes), (body) => {
        const fields = bodyFields(body, type)
        return fields instanceof EndpointResponse ? fields : decide(request, carrier, fields, seen)
      })
    } catch (error) {
      return Promise.reject(toError(error))
    }
  }

  readonly #join: Decide<Request> = (request, carrier, fields, seen) => {
    const attempt = toAttempt(fields)
    if (attempt instanceof EndpointResponse) return attempt
    if (seen !== undefined) seen.attempt = attempt
    return this.#whoIs(request, carrier, attempt, (user) => this.#authorize(request, attempt, user))
  }

  #signIn(signin: NonNullable<AuthEndpointOptions<Request, User>['signin']>): Decide<Request> {
    return (request, carrier, { socketId, authInfo }, seen) => {
      if (!isSocketId(socketId)) return errorResponses.malformedSocketId
      const attempt = { socketId, channel: undefined, kind: undefined, authInfo }
      if (seen !== undefined) seen.attempt = attempt
      return this.#whoIs(request, carrier, attempt, (user) => {
        const decision = signin({ socketId, authInfo, user, request })
        return proceed(answered('signin', this.#timeout, decision), (decided) => {
          const grant = toSigninUser(decided)
          if (!('user' in grant)) return grant
          return signed('signin', () => signedIn(this.client(request).authenticateUser(socketId, grant.user)))
        })
      })
    }
  }

  #whoIs(
    request: Request,
    carrier: IncomingRequest,
    asked: Omit<UserContext, 'header'>,
    next: (user: User) => EndpointResponse | Promise<EndpointResponse>,
  ): EndpointResponse | Promise<EndpointResponse> {
    const { user } = this.#options
    const { socketId, channel, kind, authInfo } = asked
    // Now, since a connection that breaks while `user` is asked has no address any more.
    const address = this.#address?.(request)
    const counted = (user: User | undefined, next: () => EndpointResponse | Promise<EndpointResponse>) =>
      this.#counted({ socketId, channel, kind, authInfo, user, address, request }, next)
    // Without a `user` there is nobody to refuse, and `User` is `undefined`.
    if (user === undefined) return counted(undefined, () => next(undefined as User))
    const header = (name: string) => carrier.header(name.toLowerCase())
    const answer = user(request, { socketId, channel, kind, authInfo, header })
    return proceed(answered('user', this.#timeout, answer), (who) => {
      const denied = deniedAnswer(who)
      if (denied !== undefined) return counted(undefined, () => denied)
      return isUser(who)
        ? counted(who as User, () => next(who as User))
        : counted(undefined, () => errorResponses.noUser)
    })
  }

  /** Goes on with a request, unless there were too many. */
  #counted(
    attempt: RateLimitContext<Request, User>,
    next: () => EndpointResponse | Promise<EndpointResponse>,
  ): EndpointResponse | Promise<EndpointResponse> {
    if (this.#limit === undefined) return next()
    const refusal = this.#limit().then((limit) =>
      limit.refusal(attempt, (failure) =>
        // Nobody waits for it: the request has its answer.
        this.client(attempt.request).waitUntil(Promise.reject(failure)),
      ),
    )
    return proceed(refusal, (refusal) => refusal ?? next())
  }

  #authorize(request: Request, attempt: Attempt, user: User): EndpointResponse | Promise<EndpointResponse> {
    const { socketId, channel, kind, authInfo } = attempt
    const { authorize } = this.#options
    const decision = authorize({ socketId, channel, kind, authInfo, user, request })
    return proceed(answered('authorize', this.#timeout, decision), (decided) => {
      const grant = toDecision(decided, attempt)
      if (!('member' in grant)) return grant
      return signed('authorize', () => authResponse(this.client(request).authenticate(socketId, channel, grant.member)))
    })
  }
}

type Decide<Request> = (
  request: Request,
  carrier: IncomingRequest,
  fields: Fields,
  seen: Seen | undefined,
) => EndpointResponse | Promise<EndpointResponse>

/** What became known of a request while it was answered. */
interface Seen {
  attempt?: Pick<UserContext, 'channel' | 'kind'>
}

/** The client checks what it signs; here its `TypeError` is about what a callback answered. */
function signed(callback: string, sign: () => EndpointResponse): EndpointResponse {
  try {
    return sign()
  } catch (error) {
    if (error instanceof PingerchipsError && error.code === 'disabled') return errorResponses.disabled
    if (!(error instanceof TypeError)) throw error
    throw new PingerchipsError(
      'invalid_callback_result',
      `${callback} answered what cannot be signed: ${error.message}`,
      {
        cause: error,
      },
    )
  }
}

function assertPath(value: unknown, argument: string): void {
  if (typeof value !== 'string' || !/^(\/[A-Za-z0-9._~-]+)+$/.test(value))
    throw invalidArgument(argument, "must be a path of letters, digits and - . _ ~, such as '/pingerchips/auth'")
}

function beside(path: string, segment: string): string {
  return path.replace(/[^/]+$/, segment)
}

function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function assertCallback(value: unknown, argument: string): void {
  if (typeof value !== 'function') throw invalidArgument(argument, `must be a function (got ${describeType(value)})`)
}

/** By what it does, not by `instanceof`: an app may hold two copies of this package. */
function isClient(value: unknown): value is PingerchipsServer {
  if (typeof value !== 'object' || value === null) return false
  const { authenticate, trigger } = value as Partial<PingerchipsServer>
  return typeof authenticate === 'function' && typeof trigger === 'function'
}
