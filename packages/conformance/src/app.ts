import type { Server } from 'node:http'
import {
  channelRules,
  deny,
  PingerchipsServer,
  type ProtocolName,
  type SigninResult,
  type WebhookEvent,
} from '@pingerchips/core'
import type { AuthEndpointOptions, AuthorizeResult, RequestClient } from '@pingerchips/core/adapter'

/** The published vectors' credentials. */
export const appKey = '278d425bdf160c739803'
export const appSecret = '7ad3773142a6692b25b8'
/** 32 bytes, in base64. */
export const encryptionMasterKey = 'zyrm8pvV2C9fJcBfhyXzvxbJVN/H7QLmbe0xJi1GhPU='

/** What else may sign webhooks: a secret of the same key that was replaced, and another pair. */
export const formerSecret = 'the secret before'
export const otherPair = { key: 'other-key', secret: 'other-secret' }

/** What the app may have put in front of the endpoint to parse bodies. */
export const parsers = ['none', 'json', 'form', 'both', 'raw', 'text'] as const
/** `drained` reads the body and keeps nothing of it. */
export type Parser = (typeof parsers)[number] | 'drained'

export interface User {
  readonly id: string
  readonly name: string
}

/** The app that a harness builds in its framework: everything about it but the framework. */
export interface AppSetup {
  /** The parser to use in front of everything. */
  readonly parser: Parser
  /**
   * Headers that the app sets before anything else, as its CORS middleware does. They are on every answer.
   */
  readonly headers: Readonly<Record<string, string>>
  /** Where to mount: at the root, or below this prefix by a sub-router, a mount or what the framework has for it. */
  readonly prefix: '' | '/v1'
  /** The options for `pingerchips(…)`. Give it a way to read a header of the framework's request. */
  options<Request>(header: (request: Request, name: string) => string | undefined): AuthEndpointOptions<Request, User>
  /** The app's error handler calls this, and answers {@link appFailed} with status 500. */
  report(error: unknown): void
  /** Routes of the app's, by path: a POST waits for what this does with the request's helper and answers {@link routeAnswer}. */
  readonly routes: Readonly<Record<string, (pingerchips: RequestClient) => void | Promise<void>>>
}

export const appFailed = { error: 'the app failed' }
/** What each of the app's own routes answers. */
export const routeAnswer = { success: true }

/** What the app answers with status 404 where it has no route, and with status 204 (and no body) to every OPTIONS. */
export const appHasNoRoute = { error: 'the app has no such route' }

/** What a server answered. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string
}

export interface InMemoryRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface RunningApp {
  /** Where it listens, on 127.0.0.1. */
  readonly port: number
  /** The framework's way to answer without a socket, if it has one. */
  readonly inMemory?: (request: InMemoryRequest) => Promise<Reply>
  close(): Promise<void>
}

/** What the judge has to know of a framework. */
export interface Traits {
  readonly name: string
  /** The parsers that can stand in front of the endpoint. Default: all. */
  readonly parsers?: readonly Parser[]
  /** The app's parsers never see the endpoint's requests. */
  readonly isolated?: boolean
  /** It has no route, no prefix and no fallback of its own: it answers every request that it is given. */
  readonly bare?: boolean
  /** What its parsers read it keeps as it came, beside what they made of it. */
  readonly keepsRawBody?: boolean
  /** It can answer without a socket: see {@link RunningApp.inMemory}. */
  readonly inMemory?: boolean
  /** It runs on Workers: there a request ends with its client's connection, and the connection with a refusal of the body. */
  readonly isWorker?: boolean
  /** It runs in another process than the judge, whose clock and memory say nothing of it. */
  readonly isElsewhere?: boolean
  /** It is an old version of what is judged beside it: without a parser and with both, and a tenth of the malformed HTTP. */
  readonly isOld?: boolean
  /** What it answers when the app fails. Default: {@link appFailed}. */
  readonly failed?: unknown
}

/** All that a framework has to supply to be judged. */
export interface Harness extends Traits {
  start(setup: AppSetup): Promise<RunningApp>
}

/** What an app is to be, as JSON: it may be built in another process, on another runtime. */
export interface AppPlan {
  readonly parser: Parser
  readonly prefix: '' | '/v1'
  readonly path?: string | undefined
  /** Where its events go. */
  readonly endpoint: string
  readonly protocol: ProtocolName
  /** Milliseconds that a callback may take. */
  readonly timeout: number
}

/** An error that the app was told of, as JSON. */
export interface Reported {
  readonly isError: boolean
  readonly message: string
  readonly code?: string
  readonly argument?: string
}

/** What happened inside the app, as JSON. */
export interface Journal {
  readonly errors: Reported[]
  /** What `onError` of the client was told. */
  readonly backgroundErrors: Reported[]
  readonly asked: { socketId: string; channel: string; kind: string; authInfo: string | undefined }[]
  /** How often `user` was asked. */
  users: number
  /** What `user` was told of the request's Authorization. */
  authorization?: string
  readonly told: WebhookEvent[][]
  /** `Object.prototype` has more, or less, than before the first request. */
  isPolluted: boolean
}

const emptyJournal = (): Journal => ({
  errors: [],
  backgroundErrors: [],
  asked: [],
  users: 0,
  told: [],
  isPolluted: false,
})

/** What objects inherit before anybody has tampered with it. */
const inherited = Reflect.ownKeys(Object.prototype).length

/** What the app's CORS middleware sets. */
export const appHeaders = { 'access-control-allow-origin': 'https://app.example', vary: 'Origin' }

/** The event that each of the app's own routes triggers. */
export const shipped = ['orders', 'order-update', { status: 'shipped', note: '☃' }] as const

/** An app as a plan has it, to be built in a framework; and the judge's view inside. */
export class PlannedApp {
  readonly setup: AppSetup
  readonly #client: PingerchipsServer
  #journal: Journal = emptyJournal()
  #isReleased = false

  constructor(plan: AppPlan) {
    const { endpoint, protocol, parser, prefix } = plan
    this.#client = new PingerchipsServer('3', appSecret, {
      appKey,
      endpoint,
      protocol,
      encryptionMasterKey,
      onBackgroundError: (error) => {
        this.#journal.backgroundErrors.push(reported(error))
      },
    })
    this.setup = {
      parser,
      prefix,
      headers: appHeaders,
      options: (header) => this.#options(plan, header),
      report: (error) => {
        this.#journal.errors.push(reported(error))
      },
      routes: {
        '/shipped': (pingerchips) => pingerchips.trigger(...shipped),
        '/to-others': (pingerchips) => pingerchips.toOthers().trigger(...shipped),
        '/in-background': (pingerchips) => pingerchips.waitUntil(pingerchips.trigger(...shipped)),
        '/fails-in-background': (pingerchips) => pingerchips.waitUntil(Promise.reject(new Error('the event was lost'))),
      },
    }
  }

  /** What happened since this was last called. */
  takeJournal(): Journal {
    const journal = this.#journal
    this.#journal = emptyJournal()
    journal.isPolluted = Reflect.ownKeys(Object.prototype).length !== inherited
    return journal
  }

  /** Lets go what was waiting for it, and whatever comes later. */
  release(): void {
    this.#isReleased = true
  }

  /** Looks again and again: on Workers a request cannot wait for a promise that is another request's. */
  async #released(): Promise<void> {
    while (!this.#isReleased) await new Promise((resolve) => setTimeout(resolve, 5))
  }

  close(): Promise<void> {
    return this.#client.close()
  }

  /** The app's callbacks. A channel's name says what `authorize` does; the header `x-user` says who asks. */
  #options<Request>(
    { path, timeout }: AppPlan,
    header: (request: Request, name: string) => string | undefined,
  ): AuthEndpointOptions<Request, User> {
    return {
      client: this.#client,
      path,
      timeout,
      user: (request, attempt) => {
        this.#journal.users++
        const authorization = attempt.header('Authorization')
        if (authorization !== undefined) this.#journal.authorization = authorization
        const id = header(request, 'x-user')
        if (id === 'callable-nobody') return callable<User | null>(null)
        if (id === 'function') return (() => {}) as unknown as User
        if (id === 'denied') return deny({ status: 401, challenge: 'Bearer error="invalid_token"' })
        if (id === 'throws') throw new Error('canary: the session store is down')
        return id === undefined ? null : { id, name: `${id} ☃` }
      },
      authorize: (attempt) => {
        const { socketId, channel, kind, authInfo, user } = attempt
        this.#journal.asked.push({ socketId, channel, kind, authInfo: asText(authInfo) })
        if (channel === 'private-throws-released') return this.#released().then(fail)
        if (/^private-(order|a)/.test(channel)) return rules(attempt)
        const answer =
          own(answers, channel) ?? own(answers, channel.replace(/^(private-encrypted|private|presence)-/, ''))
        return answer === undefined ? channel === `private-user-${user.id}` : answer(user)
      },
      signin: ({ user }) => (own(signins, user.id) ?? defaultSignin)(user),
      webhooks: {
        additionalSecrets: [formerSecret, otherPair],
        // The table's webhooks are as old as the run.
        tolerance: 3_600_000,
        handler: async (events) => {
          this.#journal.told.push([...events])
          const [first] = events
          if (first?.name !== 'channel_occupied') return
          if (first.channel === 'held') await this.#released()
          if (first.channel === 'fails-until-released' && !this.#isReleased) fail()
          await own(webhookActs, first.channel)?.()
        },
      },
    }
  }
}

function fail(): never {
  throw new Error('canary: the database is down')
}

/** JSON, or nothing of what was parsed and is nested too deep to be written again. */
function asText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

function reported(error: unknown): Reported {
  const { code, argument } = Object(error) as { code?: unknown; argument?: unknown }
  return {
    isError: error instanceof Error,
    message: error instanceof Error ? error.message : '',
    ...(typeof code === 'string' && { code }),
    ...(typeof argument === 'string' && { argument }),
  }
}

/** What an app says by patterns. */
const rules = channelRules<User>({
  'private-order-{id}': ({ user, params }) => params.id === user.id,
  'private-order-{id}-lines-{line}': ({ user, params }) => params.id === user.id,
  'private-a.b-{id}': () => true,
})

/** A name may be one that every object inherits. */
const own = <T>(record: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined

const defaultSignin = ({ id, name }: User): SigninResult => ({ id, user_info: { name }, watchlist: ['bob'] })

/** What `signin` answers for a user. */
const signins: Readonly<Record<string, (user: User) => SigninResult | Promise<SigninResult>>> = {
  '12345': ({ id }) => ({ id }),
  later: async ({ id }) => ({ id }),
  stranger: () => null,
  expired: () => deny({ status: 401, error: 'token_expired' }),
  'no-id': () => ({ id: '' }),
  'whole-user': ({ id }) => ({ id, password_hash: 'canary' }) as SigninResult,
  true: () => true as unknown as SigninResult,
  'watches-numbers': ({ id }) => ({ id, watchlist: [1] }) as unknown as SigninResult,
  rejects: async () => fail(),
}

const answers: Readonly<Record<string, (user: User) => AuthorizeResult | Promise<AuthorizeResult>>> = {
  foobar: () => true,
  true: () => true,
  'whole-user': ({ id }) => ({ user_id: id, password_hash: 'canary' }) as AuthorizeResult,
  'to-json': ({ id }) => new Model(id),
  later: async () => true,
  false: () => false,
  null: () => null,
  undefined: () => undefined,
  member: ({ id, name }) => ({ user_id: id, user_info: { name } }),
  'member-later': async ({ id }) => ({ user_id: id }),
  'presence-foobar': () => ({ user_id: 10, user_info: { name: 'Mr. Channels' } }),
  'no-id': () => ({ user_info: {} }) as unknown as AuthorizeResult,
  'surrogate-id': () => ({ user_id: '\ud800' }),
  'empty-id': () => ({ user_id: '' }),
  yes: () => 'yes' as unknown as AuthorizeResult,
  list: () => [] as unknown as AuthorizeResult,
  'deny-401': () => deny({ status: 401, error: 'token_expired' }),
  'deny-403': async () => deny({ error: 'the room is full' }),
  throws: fail,
  rejects: async () => fail(),
  'throws-null': () => {
    throw null
  },
  'rejects-undefined': () => Promise.reject(undefined),
  'callable-true': () => callable<AuthorizeResult>(true),
  'thenable-throws': () =>
    ({
      // biome-ignore lint/suspicious/noThenProperty: what an app should not do, and may.
      then() {
        throw null
      },
    }) as unknown as Promise<AuthorizeResult>,
  'thenable-hangs': () =>
    ({
      // biome-ignore lint/suspicious/noThenProperty: as above.
      then: (resolve: (answer: unknown) => void) => resolve(new Promise(() => {})),
    }) as unknown as Promise<AuthorizeResult>,
  econnreset: () => {
    throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
  },
  'too-large': () => Promise.reject(Object.assign(new Error('canary'), { code: 'FST_ERR_CTP_BODY_TOO_LARGE' })),
  'throws-route': () => {
    throw 'route'
  },
  hangs: () => new Promise(() => {}),
}

/** What becomes of a webhook, by the channel of its first event. */
const webhookActs: Readonly<Record<string, () => Promise<never>>> = {
  throws: async () => fail(),
  'throws-null': () => Promise.reject(null),
  hangs: () => new Promise(() => {}),
  'too-large': () => Promise.reject(Object.assign(new Error('canary'), { code: 'FST_ERR_CTP_BODY_TOO_LARGE' })),
}

/** A promise whose `typeof` is `function`, as the stubs of RPC libraries are. */
function callable<T>(value: T): Promise<T> {
  const promise = Promise.resolve(value)
  // biome-ignore lint/suspicious/noThenProperty: that is the point.
  return Object.assign(() => {}, { then: promise.then.bind(promise) }) as unknown as Promise<T>
}

/** A member as a database's model may be: what it writes as JSON is more than what is read from it. */
class Model {
  readonly user_id: string

  constructor(id: string) {
    this.user_id = id
  }

  toJSON(): object {
    return { ...this, password_hash: 'canary' }
  }
}

/** The port that a Node server listens on. */
export function portOf(server: { address(): { readonly port: number } | string | null }): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server listens on no port.')
  return address.port
}

/** Closes a Node server, and cuts the connections that it leaves open: where its framework leaves any, and only there. */
export function closeAll(server: Server): Promise<void> {
  return new Promise((closed) => {
    server.close(() => closed())
    server.closeAllConnections()
  })
}
