import { rateLimitCheck, respondToBatch, webhookEndpoint } from '#features'
import type { PingerchipsServer } from '../client.ts'
import { PingerchipsError } from '../errors.ts'
import type { AuthEvent } from '../hooks/hooks.ts'
import { isSocketId } from '../internal/validate.ts'
import type { IncomingRequest } from '../requests/incoming-request.ts'
import { maxWebhookBytes } from '../webhooks/options.ts'
import { type ObservedRequest, type Subject, withHooks } from './auth-observer.ts'
import { type AuthEndpointOptions, resolveOptions } from './auth-options.ts'
import { assertNoErrorStatus, isUser, toDecision, toSigninUser } from './decisions.ts'
import { denialResponse } from './deny.ts'
import type { CheckRateLimit } from './features.ts'
import { observeNotFound } from './not-found.ts'
import {
  batchOf,
  bodyFields,
  bodyType,
  type Fields,
  maxBodyBytes,
  type SubscribeRequest,
  toSubscribeRequest,
} from './parse-request.ts'
import { knownClient, resolveClient } from './request-client.ts'
import { authResponse, disabledResponse, EndpointResponse, errorResponses, internalError } from './responses.ts'
import { findRoute, type Route, routeByLastSegment } from './routes.ts'
import { type Awaitable, toError, withTimeout } from './run-callback.ts'

interface RequestInfo<Request, Context> extends ObservedRequest {
  readonly request: Request
  /** What the adapter adds to the context of each callback. */
  readonly context: Context
  /** Its client, once it is needed: a function is called once for each request. */
  client?: Awaitable<PingerchipsServer>
}

/** Handles the fields of a request that has the right method and type. */
type AuthHandler<Request, Context> = (info: RequestInfo<Request, Context>, fields: Fields) => Promise<EndpointResponse>

/** The auth endpoint, without a framework: body, request, user, rate limit, decision, response. */
export class AuthEndpoint<Request, User, Context extends object = object> {
  /** Its routes: one for subscriptions, with `signin` one for sign-ins, and with `webhooks` one for those. */
  readonly routes: readonly [Route<Request, Context>, ...Route<Request, Context>[]]
  readonly #options: AuthEndpointOptions<Request, User, Context>
  readonly #timeout: number
  readonly #rateLimit: CheckRateLimit<Request, User> | undefined
  readonly #address: ((request: Request, context: Context) => string | undefined) | undefined

  /**
   * @param address the client IP address as the framework gives it, which uses a proxy's header only if the app trusts the
   * proxy; left out where the framework has none
   * @throws {TypeError} naming the option that is missing, malformed or unknown
   */
  constructor(
    options: AuthEndpointOptions<Request, User, Context>,
    address?: (request: Request) => string | undefined,
  ) {
    const { paths, timeout } = resolveOptions(options, address !== undefined)
    const { rateLimit, webhooks } = options
    this.#options = options
    this.#timeout = timeout
    if (rateLimit !== undefined) {
      this.#rateLimit = rateLimitCheck(rateLimit)
      this.#address = rateLimit.address ?? address
    }
    const route = (path: string, type: AuthEvent['type'], handler: AuthHandler<Request, Context>) => ({
      path,
      maxBytes: maxBodyBytes,
      respond: (request: Request, incoming: IncomingRequest, context = {} as Context) => {
        const info: RequestInfo<Request, Context> = { request, incoming, context }
        return this.#withHooks(info, type, () => this.#respond(info, handler))
      },
    })
    const others: Route<Request, Context>[] = []
    if (paths.signin !== undefined) others.push(route(paths.signin, 'signin', this.#signIn))
    if (paths.webhooks !== undefined && webhooks !== undefined) {
      const respond = webhookEndpoint(webhooks, timeout)
      others.push({
        path: paths.webhooks,
        maxBytes: maxWebhookBytes,
        respond: (request, incoming, context) =>
          respond(request, incoming, () => this.resolveClient(request, context)).catch(disabledResponse),
      })
    }
    this.routes = [route(paths.subscribe, 'subscribe', this.#subscribe), ...others]
    observeNotFound(paths.subscribe, () => knownClient(options.client))
  }

  /**
   * The route of a request; `undefined` if the request is the app's, as each OPTIONS is.
   * @param isAt whether the framework would route the request to a path
   */
  findRoute(method: string, isAt: (path: string) => boolean): Route<Request, Context> | undefined {
    return findRoute(this.routes, method, isAt)
  }

  /**
   * Responds on every path, for a handler that the caller routes to: the last segment of the path chooses between the
   * routes, and any other one is a subscription.
   */
  respond(
    request: Request,
    incoming: IncomingRequest,
    path: () => string,
    context?: Context,
  ): Promise<EndpointResponse> {
    return routeByLastSegment(this.routes, path).respond(request, incoming, context)
  }

  /**
   * The client for a request. A function is called each time.
   * @throws {TypeError} if there is none
   */
  resolveClient(request: Request, context: Context = {} as Context): Awaitable<PingerchipsServer> {
    return resolveClient(this.#options.client, request, context, this.#timeout)
  }

  /** Responds, and calls the hooks of the client if there are any. */
  #withHooks(
    info: RequestInfo<Request, Context>,
    type: AuthEvent['type'],
    respond: () => Promise<EndpointResponse>,
  ): Promise<EndpointResponse> {
    const { client, authorize } = this.#options
    return withHooks({ info, type, client, authorize, respond, resolveClient: () => this.#clientOf(info) })
  }

  #clientOf(info: RequestInfo<Request, Context>): Awaitable<PingerchipsServer> {
    info.client ??= this.resolveClient(info.request, info.context)
    return info.client
  }

  async #respond(
    info: RequestInfo<Request, Context>,
    handler: AuthHandler<Request, Context>,
  ): Promise<EndpointResponse> {
    const { incoming } = info
    try {
      if (incoming.method !== 'POST') return errorResponses.wrongMethod
      const type = bodyType(incoming.header('content-type'))
      if (type === undefined) return errorResponses.wrongType
      // A parser that ran before has a limit of its own; the header is all that is left of how much it has read.
      if (Number(incoming.header('content-length')) > maxBodyBytes) return errorResponses.tooLarge
      const fields = bodyFields(await incoming.body(maxBodyBytes), type)
      return fields instanceof EndpointResponse ? fields : await handler(info, fields)
    } catch (thrown) {
      throw toError(thrown)
    }
  }

  readonly #subscribe: AuthHandler<Request, Context> = async (info, fields) => {
    const channels = batchOf(fields)
    if (channels instanceof EndpointResponse) return channels
    if (channels !== undefined) return this.#subscribeAll(info, fields, channels)
    const subject = toSubscribeRequest(fields)
    if (subject instanceof EndpointResponse) return subject
    const resolved = await this.#resolveUser(info, subject)
    return resolved instanceof EndpointResponse ? resolved : this.#authorize(info, subject, resolved.user)
  }

  async #authorize(
    info: RequestInfo<Request, Context>,
    subject: SubscribeRequest,
    user: User,
  ): Promise<EndpointResponse> {
    const { request, context } = info
    const { authorize } = this.#options
    const { socketId, channel, kind, authInfo } = subject
    const returned = authorize(Object.assign({ socketId, channel, kind, authInfo, user, request }, context))
    const decision = toDecision(
      isOfFramework(returned, info) ? returned : await withTimeout('authorize', this.#timeout, returned),
      subject,
    )
    if (decision instanceof EndpointResponse) return decision
    return this.#sign('authorize', info, (client) => client.authenticate(socketId, channel, decision.member))
  }

  /** Responds to a batch: `user` runs once, `authorize` for each channel. A failure of one channel is its own. */
  async #subscribeAll(
    info: RequestInfo<Request, Context>,
    { socketId, authInfo }: Fields,
    channels: readonly string[],
  ): Promise<EndpointResponse> {
    if (!isSocketId(socketId)) return errorResponses.malformedSocketId
    const subject = { socketId, channel: undefined, kind: undefined, channels, authInfo }
    const resolved = await this.#resolveUser(info, subject)
    if (resolved instanceof EndpointResponse) return resolved
    const client = await this.#clientOf(info)
    assertNoErrorStatus(info.incoming)
    info.isBatch = true
    return respondToBatch(channels, async (channel) => {
      const subject = toSubscribeRequest({ socketId, channel, authInfo })
      if (subject instanceof EndpointResponse) return subject
      const single = { ...info, subject, isBatch: false }
      try {
        return await this.#withHooks(single, 'subscribe', () => this.#authorize(single, subject, resolved.user))
      } catch (thrown) {
        // The framework's error handler cannot have it: the other channels get their responses.
        void client.waitUntil(Promise.reject(toError(thrown)))
        return internalError
      }
    })
  }

  readonly #signIn: AuthHandler<Request, Context> = async (info, { socketId, authInfo }) => {
    const { signin } = this.#options
    if (signin === undefined || !isSocketId(socketId)) return errorResponses.malformedSocketId
    const resolved = await this.#resolveUser(info, { socketId, channel: undefined, kind: undefined, authInfo })
    if (resolved instanceof EndpointResponse) return resolved
    const { request, context } = info
    const returned = signin(Object.assign({ socketId, authInfo, user: resolved.user, request }, context))
    const decision = toSigninUser(
      isOfFramework(returned, info) ? returned : await withTimeout('signin', this.#timeout, returned),
    )
    if (decision instanceof EndpointResponse) return decision
    return this.#sign('signin', info, (client) => client.authenticateUser(socketId, decision.user))
  }

  /** The user of a request, unless there is none or the request is over the rate limit. */
  async #resolveUser(
    info: RequestInfo<Request, Context>,
    subject: Subject,
  ): Promise<{ readonly user: User } | EndpointResponse> {
    info.subject = subject
    const { request, context, incoming } = info
    // Read first: a connection that breaks while `user` runs has no address any more.
    const address = this.#address?.(request, context)
    const { user: userOf } = this.#options
    let user: User | undefined
    let refused: EndpointResponse | undefined
    if (userOf !== undefined) {
      const header = (name: string) => incoming.header(name.toLowerCase())
      const { socketId, channel, kind, channels, authInfo } = subject
      // Not by a spread of `context`: 20 µs for a request instead of 6 (Node 20).
      const callbackContext = Object.assign({ socketId, channel, kind, channels, authInfo, header }, context)
      const returned = userOf(request, callbackContext)
      const result = isOfFramework(returned, info) ? returned : await withTimeout('user', this.#timeout, returned)
      refused = denialResponse(result)
      if (refused === undefined) {
        if (isUser(result as User, request, context)) user = result as User
        else refused = errorResponses.noUser
      }
    }
    const limited =
      this.#rateLimit && (await this.#rateLimit({ ...subject, user, address, request }, () => this.#clientOf(info)))
    return limited ?? refused ?? { user: user as User }
  }

  /** The client checks what it signs: a `TypeError` there is about what a callback returned. */
  async #sign(
    callback: string,
    info: RequestInfo<Request, Context>,
    sign: (client: PingerchipsServer) => Parameters<typeof authResponse>[0],
  ): Promise<EndpointResponse> {
    assertNoErrorStatus(info.incoming)
    const client = await this.#clientOf(info)
    try {
      return authResponse(sign(client))
    } catch (error) {
      if (!(error instanceof TypeError)) return disabledResponse(error)
      throw new PingerchipsError(
        'invalid_callback_result',
        `${callback} returned a value that cannot be signed: ${error.message}`,
        { cause: error },
      )
    }
  }
}

/**
 * Whether a callback returned the framework's own request or response, which no result is. Fastify's reply is a thenable
 * that settles with the response: to await it would never end.
 */
function isOfFramework<T>(
  returned: Awaitable<T>,
  { request, context }: { readonly request: unknown; readonly context: object },
): returned is Awaitable<T> & T {
  return returned === request || Object.values(context).includes(returned)
}
