import { invalidArgument, PingerchipsError, typeName } from '../errors.ts'
import { isSocketId } from '../names.ts'
import { assertOptions } from '../options.ts'
import type { PingerchipsServer } from '../server.ts'
import { assertTimeout } from '../timeout.ts'
import { Answer, granted, refusals, signedIn } from './answer.ts'
import { type Attempt, toAttempt, type UserAttempt } from './attempt.ts'
import { type AuthorizeAnswer, type AuthorizeAttempt, toGrant } from './authorize.ts'
import { bodyFields, bodyType, type Fields, maxBodyBytes } from './body.ts'
import { type Awaitable, answered, asError, proceed } from './callback.ts'
import type { Carrier } from './carrier.ts'
import { type Denial, deniedAnswer } from './deny.ts'
import { RequestPingerchips } from './request-client.ts'
import { type SigninAnswer, type SigninAttempt, toSigninUser } from './signin.ts'
import { isUser, type NotAUser } from './user.ts'

/** What an app tells the endpoint. `Request` is the framework's own; `User` is inferred from `user`. */
export interface EndpointOptions<Request, User> {
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
  readonly user?: ((request: Request, attempt: UserAttempt) => Awaitable<User | NotAUser | Denial>) | undefined
  /** May they join? See {@link AuthorizeAnswer}. */
  readonly authorize: (attempt: AuthorizeAttempt<NoInfer<Request>, User>) => Awaitable<AuthorizeAnswer>
  /**
   * Who is this to the service? Given, it mounts `POST /pingerchips/user-auth` for `pusher.signin()`, and is asked there
   * in the place of `authorize`. Only `user` and it decide: it goes with `user`.
   */
  readonly signin?: ((attempt: SigninAttempt<NoInfer<Request>, User>) => Awaitable<SigninAnswer>) | undefined
  /**
   * Where the endpoint is, below whatever it is mounted on: segments of letters, digits and `- . _ ~`. Default:
   * `/pingerchips/auth`. The sign-in endpoint is beside it: the last segment is `user-auth`.
   */
  readonly path?: string | undefined
  /**
   * The name under which route handlers find the client, for a second client in one app: letters, digits, `_` and `$`,
   * and nothing that the framework's request has already. Default: `pingerchips`, as in `req.pingerchips`. Another name
   * is for the app to declare: it is a {@link RequestPingerchips}.
   */
  readonly name?: string | undefined
  /** Milliseconds that `user`, `authorize` and `signin` may each take before the request fails, 1 to 2147483647. Default: 10000. */
  readonly timeout?: number | undefined
}

const optionNames: Record<keyof EndpointOptions<unknown, unknown>, true> = {
  client: true,
  user: true,
  authorize: true,
  signin: true,
  path: true,
  name: true,
  timeout: true,
}
const defaultPath = '/pingerchips/auth'
const defaultName = 'pingerchips'
const defaultTimeout = 10_000
const signinSegment = 'user-auth'

/** What the endpoint answers at one path. */
export interface Route<Request> {
  readonly path: string
  /**
   * Answers a request: at once where the body is there and the callbacks answer at once, else later. A refusal is an
   * answer.
   * @throws {Error} (as a rejection, never at once) what a callback threw or what the app did wrong: always an `Error`,
   * for the framework's own error path. Nothing was signed, and the client is to see no detail of it
   */
  answer(request: Request, carrier: Carrier): Answer | Promise<Answer>
}

/** The auth endpoint, without a framework: body → attempt → user → authorize → answer. */
export class Endpoint<Request, User> {
  /** The paths that it answers: one to join channels, and with `signin` one to sign in. */
  readonly routes: readonly Route<Request>[]
  readonly name: string
  readonly #options: EndpointOptions<Request, User>
  readonly #timeout: number

  /** @throws {TypeError} naming the option that is missing, malformed or unknown */
  constructor(options: EndpointOptions<Request, User>) {
    assertOptions(options, 'options', optionNames)
    const {
      client,
      user,
      authorize,
      signin,
      path = defaultPath,
      name = defaultName,
      timeout = defaultTimeout,
    } = options
    if (!isClient(client) && typeof client !== 'function')
      throw invalidArgument('options.client', `must be a PingerchipsServer or a function (got ${typeName(client)})`)
    if (user !== undefined) assertCallback(user, 'options.user')
    assertCallback(authorize, 'options.authorize')
    if (signin !== undefined) assertCallback(signin, 'options.signin')
    if (signin !== undefined && user === undefined)
      throw invalidArgument('options.user', 'is missing: signin needs to be told who is asking')
    if (typeof path !== 'string' || !/^(\/[A-Za-z0-9._~-]+)+$/.test(path))
      throw invalidArgument(
        'options.path',
        "must be a path of letters, digits and - . _ ~, such as '/pingerchips/auth'",
      )
    if (signin !== undefined && path.endsWith(`/${signinSegment}`))
      throw invalidArgument('options.path', `must not end with /${signinSegment}: signin is answered there`)
    if (typeof name !== 'string' || !/^[A-Za-z_$][A-Za-z0-9_$]*$/.test(name) || name in Object.prototype)
      throw invalidArgument('options.name', "must be a property name of letters, digits, _ and $, such as 'chat'")
    assertTimeout(timeout, 'options.timeout')
    this.name = name
    this.#options = options
    this.#timeout = timeout
    const route = (path: string, decide: Decide<Request>): Route<Request> => ({
      path,
      answer: (request, carrier) => this.#answer(request, carrier, decide),
    })
    const join = route(path, this.#join)
    this.routes =
      signin === undefined ? [join] : [join, route(path.replace(/[^/]+$/, signinSegment), this.#signIn(signin))]
  }

  /**
   * The route that a request is for. OPTIONS stays with the app, for its CORS.
   * @param isAt whether the framework would route the request to a path
   */
  route(method: string, isAt: (path: string) => boolean): Route<Request> | undefined {
    return method === 'OPTIONS' ? undefined : this.routes.find(({ path }) => isAt(path))
  }

  /**
   * Answers whatever it is given, for a handler whose route is the caller's: a sign-in where there is a `signin` and the
   * path ends as that one does, else a join.
   */
  answer(request: Request, carrier: Carrier, path: () => string): Answer | Promise<Answer> {
    const [join, signIn] = this.routes as readonly [Route<Request>, Route<Request>?]
    const isSignIn = signIn !== undefined && path().replace(/\/$/, '').endsWith(`/${signinSegment}`)
    return (isSignIn ? signIn : join).answer(request, carrier)
  }

  /** The client for a request. */
  client(request: Request): PingerchipsServer {
    const { client } = this.#options
    const resolved = typeof client === 'function' ? client(request) : client
    if (!isClient(resolved))
      throw invalidArgument('options.client', `must return a PingerchipsServer (got ${typeName(resolved)})`)
    return resolved
  }

  /** What a route handler finds as `req.pingerchips`. */
  requestPingerchips(request: Request): RequestPingerchips {
    return new RequestPingerchips(() => this.client(request))
  }

  #answer(request: Request, carrier: Carrier, decide: Decide<Request>): Answer | Promise<Answer> {
    try {
      if (carrier.method !== 'POST') return refusals.wrongMethod
      const type = bodyType(carrier.header('content-type'))
      if (type === undefined) return refusals.wrongType
      // A parser in front of us has its own limit; the header is all that is left to tell how much it read.
      if (Number(carrier.header('content-length')) > maxBodyBytes) return refusals.tooLarge
      return proceed(carrier.body(maxBodyBytes), (body) => {
        const fields = bodyFields(body, type)
        return fields instanceof Answer ? fields : decide(request, carrier, fields)
      })
    } catch (error) {
      return Promise.reject(asError(error))
    }
  }

  readonly #join: Decide<Request> = (request, carrier, fields) => {
    const attempt = toAttempt(fields)
    if (attempt instanceof Answer) return attempt
    return this.#whoIs(request, carrier, attempt, (user) => this.#authorize(request, attempt, user))
  }

  #signIn(signin: NonNullable<EndpointOptions<Request, User>['signin']>): Decide<Request> {
    return (request, carrier, { socketId, authInfo }) => {
      if (!isSocketId(socketId)) return refusals.malformedSocketId
      const attempt = { socketId, channel: undefined, kind: undefined, authInfo }
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
    carrier: Carrier,
    { socketId, channel, kind, authInfo }: Omit<UserAttempt, 'header'>,
    next: (user: User) => Answer | Promise<Answer>,
  ): Answer | Promise<Answer> {
    const { user } = this.#options
    // Without a `user` there is nobody to refuse, and `User` is `undefined`.
    if (user === undefined) return next(undefined as User)
    const header = (name: string) => carrier.header(name.toLowerCase())
    const answer = user(request, { socketId, channel, kind, authInfo, header })
    return proceed(answered('user', this.#timeout, answer), (who) => {
      const denied = deniedAnswer(who)
      if (denied !== undefined) return denied
      return isUser(who) ? next(who as User) : refusals.noUser
    })
  }

  #authorize(request: Request, attempt: Attempt, user: User): Answer | Promise<Answer> {
    const { socketId, channel, kind, authInfo } = attempt
    const { authorize } = this.#options
    const decision = authorize({ socketId, channel, kind, authInfo, user, request })
    return proceed(answered('authorize', this.#timeout, decision), (decided) => {
      const grant = toGrant(decided, attempt)
      if (!('member' in grant)) return grant
      return signed('authorize', () => granted(this.client(request).authenticate(socketId, channel, grant.member)))
    })
  }
}

type Decide<Request> = (request: Request, carrier: Carrier, fields: Fields) => Answer | Promise<Answer>

/** The client checks what it signs; here its `TypeError` is about what a callback answered. */
function signed(callback: string, sign: () => Answer): Answer {
  try {
    return sign()
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new PingerchipsError('invalid_answer', `${callback} answered what cannot be signed: ${error.message}`, {
      cause: error,
    })
  }
}

function assertCallback(value: unknown, argument: string): void {
  if (typeof value !== 'function') throw invalidArgument(argument, `must be a function (got ${typeName(value)})`)
}

/** By what it does, not by `instanceof`: an app may hold two copies of this package. */
function isClient(value: unknown): value is PingerchipsServer {
  if (typeof value !== 'object' || value === null) return false
  const { authenticate, trigger } = value as Partial<PingerchipsServer>
  return typeof authenticate === 'function' && typeof trigger === 'function'
}
