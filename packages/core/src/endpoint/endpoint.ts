import { invalidArgument, PingerchipsError, typeName } from '../errors.ts'
import { assertOptions } from '../options.ts'
import { assertTimeout } from '../send/deadline.ts'
import type { PingerchipsServer } from '../server.ts'
import type { ChannelAuth, Member } from '../sign/channel.ts'
import { Answer, granted, refusals } from './answer.ts'
import { type Attempt, toAttempt } from './attempt.ts'
import { type AuthorizeAnswer, type AuthorizeAttempt, toGrant } from './authorize.ts'
import { bodyFields, bodyType, type Fields, maxBodyBytes } from './body.ts'
import { type Awaitable, answered, asError, proceed } from './callback.ts'
import type { Carrier } from './carrier.ts'
import { RequestPingerchips } from './request-client.ts'
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
   * 403. Left out, `authorize` alone decides. Write it before `authorize`, whose `user` gets its type from here.
   */
  readonly user?: ((request: Request, attempt: Attempt) => Awaitable<User | NotAUser>) | undefined
  /** May they join? See {@link AuthorizeAnswer}. */
  readonly authorize: (attempt: AuthorizeAttempt<Request, User>) => Awaitable<AuthorizeAnswer>
  /**
   * Where the endpoint is, below whatever it is mounted on: segments of letters, digits and `- . _ ~`. Default:
   * `/pingerchips/auth`.
   */
  readonly path?: string | undefined
  /**
   * The name under which route handlers find the client, for a second client in one app: letters, digits, `_` and `$`,
   * and nothing that the framework's request has already. Default: `pingerchips`, as in `req.pingerchips`. Another name
   * is for the app to declare: it is a {@link RequestPingerchips}.
   */
  readonly name?: string | undefined
  /** Milliseconds that `user` and `authorize` may each take before the request fails, 1 to 2147483647. Default: 10000. */
  readonly timeout?: number | undefined
}

const optionNames: Record<keyof EndpointOptions<unknown, unknown>, true> = {
  client: true,
  user: true,
  authorize: true,
  path: true,
  name: true,
  timeout: true,
}
const defaultPath = '/pingerchips/auth'
const defaultName = 'pingerchips'
const defaultTimeout = 10_000

/** The auth endpoint, without a framework: body → attempt → user → authorize → answer. */
export class Endpoint<Request, User> {
  readonly path: string
  readonly name: string
  readonly #options: EndpointOptions<Request, User>
  readonly #timeout: number

  /** @throws {TypeError} naming the option that is missing, malformed or unknown */
  constructor(options: EndpointOptions<Request, User>) {
    assertOptions(options, 'options', optionNames)
    const { client, user, authorize, path = defaultPath, name = defaultName, timeout = defaultTimeout } = options
    if (!isClient(client) && typeof client !== 'function')
      throw invalidArgument('options.client', `must be a PingerchipsServer or a function (got ${typeName(client)})`)
    if (user !== undefined && typeof user !== 'function')
      throw invalidArgument('options.user', `must be a function (got ${typeName(user)})`)
    if (typeof authorize !== 'function')
      throw invalidArgument('options.authorize', `must be a function (got ${typeName(authorize)})`)
    if (typeof path !== 'string' || !/^(\/[A-Za-z0-9._~-]+)+$/.test(path))
      throw invalidArgument(
        'options.path',
        "must be a path of letters, digits and - . _ ~, such as '/pingerchips/auth'",
      )
    if (typeof name !== 'string' || !/^[A-Za-z_$][A-Za-z0-9_$]*$/.test(name) || name in Object.prototype)
      throw invalidArgument('options.name', "must be a property name of letters, digits, _ and $, such as 'chat'")
    assertTimeout(timeout, 'options.timeout')
    this.path = path
    this.name = name
    this.#options = options
    this.#timeout = timeout
  }

  /** Whether a request is the endpoint's. OPTIONS stays with the app, for its CORS. */
  claims(method: string, path: string): boolean {
    return path === this.path && method !== 'OPTIONS'
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

  /**
   * Answers a request that the endpoint claims: at once where the body is there and both callbacks answer at once, else
   * later. A refusal is an answer.
   * @throws {Error} (as a rejection, never at once) what a callback threw or what the app did wrong: always an `Error`,
   * for the framework's own error path. Nothing was signed, and the client is to see no detail of it
   */
  answer(request: Request, carrier: Carrier): Answer | Promise<Answer> {
    try {
      if (carrier.method !== 'POST') return refusals.wrongMethod
      const type = bodyType(carrier.header('content-type'))
      if (type === undefined) return refusals.wrongType
      // A parser in front of us has its own limit; the header is all that is left to tell how much it read.
      if (Number(carrier.header('content-length')) > maxBodyBytes) return refusals.tooLarge
      return proceed(carrier.body(maxBodyBytes), (body) => this.#decide(request, bodyFields(body, type)))
    } catch (error) {
      return Promise.reject(asError(error))
    }
  }

  #decide(request: Request, fields: Fields | Answer): Answer | Promise<Answer> {
    if (fields instanceof Answer) return fields
    const attempt = toAttempt(fields)
    if (attempt instanceof Answer) return attempt
    const { user } = this.#options
    // Without a `user` there is nobody to refuse, and `User` is `undefined`.
    if (user === undefined) return this.#authorize(request, attempt, undefined as User)
    return proceed(answered('user', this.#timeout, user(request, attempt)), (who) =>
      isUser(who) ? this.#authorize(request, attempt, who) : refusals.noUser,
    )
  }

  #authorize(request: Request, attempt: Attempt, user: User): Answer | Promise<Answer> {
    const { socketId, channel, kind, authInfo } = attempt
    const decision = this.#options.authorize({ socketId, channel, kind, authInfo, user, request })
    return proceed(answered('authorize', this.#timeout, decision), (decided) => {
      const grant = toGrant(decided, attempt)
      return grant === 'refused' ? refusals.noAccess : granted(sign(this.client(request), attempt, grant.member))
    })
  }
}

/** The client checks the member; here its `TypeError` is about what `authorize` answered. */
function sign(client: PingerchipsServer, { socketId, channel }: Attempt, member: Member | undefined): ChannelAuth {
  try {
    return client.authenticate(socketId, channel, member)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new PingerchipsError(
      'invalid_answer',
      `authorize let a join through that cannot be signed: ${error.message}`,
      {
        cause: error,
      },
    )
  }
}

/** By what it does, not by `instanceof`: an app may hold two copies of this package. */
function isClient(value: unknown): value is PingerchipsServer {
  if (typeof value !== 'object' || value === null) return false
  const { authenticate, trigger } = value as Partial<PingerchipsServer>
  return typeof authenticate === 'function' && typeof trigger === 'function'
}
