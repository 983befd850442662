import { PingerchipsServer, type ProtocolName, type WebhookEvent } from '@pingerchips/core'
import type { AuthEndpointOptions } from '@pingerchips/core/adapter'
import { authorizeByChannel, signinByUser, userByHeader, webhookByChannel } from './callbacks.ts'
import { type AppSetup, appHeaders, appKey, appSecret, encryptionMasterKey, type Parser, type User } from './harness.ts'

/** Additional webhook secrets: an earlier secret of the same key, and another pair. */
export const formerSecret = 'the secret before'
export const otherPair = { key: 'other-key', secret: 'other-secret' }

/** Secrets of the tenants that the header `x-tenant` selects. */
export const tenantSecrets: Readonly<Record<string, string>> = { red: 'the secret of red', blue: 'the secret of blue' }

/** The event that each of the app's own routes triggers. */
export const shipped = ['orders', 'order-update', { status: 'shipped', note: '☃' }] as const

/** The configuration of an app, as JSON: it may be built in another process, on another runtime. */
export interface AppPlan {
  readonly parser: Parser
  readonly prefix: '' | '/v1'
  readonly path?: string | undefined
  /** The name of the client on requests. */
  readonly property?: string | undefined
  /** Where its events go. */
  readonly endpoint: string
  readonly protocol: ProtocolName
  /** Milliseconds that a callback may take. */
  readonly timeout: number
}

/** An error that reached the app, as JSON. */
export interface RecordedError {
  readonly isError: boolean
  readonly message: string
  readonly code?: string
  readonly argument?: string
}

/** The calls that reached the app's code, as JSON. */
export interface Recording {
  /** Errors that reached the app's error handler. */
  readonly errors: RecordedError[]
  /** Errors that reached the client's `onBackgroundError`. */
  readonly backgroundErrors: RecordedError[]
  readonly authorizeCalls: { socketId: string; channel: string; kind: string; authInfo: string | undefined }[]
  userCalls: number
  /** Headers that `user` read of the last request. */
  readonly headers: { authorization?: string; cookie?: string }
  readonly webhooks: WebhookEvent[][]
  /** `Object.prototype` has more, or fewer, properties than before the first request. */
  isPolluted: boolean
}

const emptyRecording = (): Recording => ({
  errors: [],
  backgroundErrors: [],
  authorizeCalls: [],
  userCalls: 0,
  headers: {},
  webhooks: [],
  isPolluted: false,
})

/** The properties that objects inherit before the first request. */
const inherited = Reflect.ownKeys(Object.prototype).length

/** The suite's app, to be built in a framework by its {@link AppSetup}, with a recording of the calls inside. */
export class TestApp {
  readonly setup: AppSetup
  readonly #client: PingerchipsServer
  readonly #tenants: Readonly<Record<string, PingerchipsServer>>
  #recording: Recording = emptyRecording()
  #isReleased = false

  constructor(plan: AppPlan) {
    const { endpoint, protocol, parser, prefix } = plan
    this.#client = new PingerchipsServer('3', appSecret, {
      appKey,
      endpoint,
      protocol,
      encryptionMasterKey,
      onBackgroundError: (error) => {
        this.#recording.backgroundErrors.push(recorded(error))
      },
    })
    this.#tenants = Object.fromEntries(
      Object.entries(tenantSecrets).map(([id, secret]) => [
        id,
        new PingerchipsServer(id, secret, { appKey: id, endpoint }),
      ]),
    )
    this.setup = {
      parser,
      prefix,
      headers: appHeaders,
      options: (header, refusal = () => new Response('{}', { status: 401 })) => this.#options(plan, header, refusal),
      report: (error) => {
        this.#recording.errors.push(recorded(error))
      },
      routes: {
        '/shipped': (pingerchips) => pingerchips.trigger(...shipped),
        '/to-others': (pingerchips) => pingerchips.toOthers().trigger(...shipped),
        '/in-background': (pingerchips) => pingerchips.waitUntil(pingerchips.trigger(...shipped)),
        '/fails-in-background': (pingerchips) => pingerchips.waitUntil(Promise.reject(new Error('the event was lost'))),
      },
    }
  }

  /** Returns the calls since the last time, and starts a new recording. */
  takeRecording(): Recording {
    const recording = this.#recording
    this.#recording = emptyRecording()
    recording.isPolluted = Reflect.ownKeys(Object.prototype).length !== inherited
    return recording
  }

  /** Lets callbacks that wait for it continue, now and from now on. */
  release(): void {
    this.#isReleased = true
  }

  /** Polls: on Workers a request cannot await a promise of another request. */
  readonly #released = async (): Promise<void> => {
    while (!this.#isReleased) await new Promise((resolve) => setTimeout(resolve, 5))
  }

  async close(): Promise<void> {
    await Promise.all([this.#client, ...Object.values(this.#tenants)].map((client) => client.close()))
  }

  /** A channel's name selects the result of `authorize`; the header `x-user` selects the user. */
  #options<Request, Context>(
    { path, property, timeout }: AppPlan,
    header: (request: Request, name: string) => string | undefined,
    refusal: (request: Request, context: Context) => unknown,
  ): AuthEndpointOptions<Request, User, Context> {
    return {
      client: (request) => this.#tenants[header(request, 'x-tenant') ?? ''] ?? this.#client,
      path,
      ...(property !== undefined && { property }),
      timeout,
      user: (request, context) => {
        this.#recording.userCalls++
        for (const name of ['authorization', 'cookie'] as const) {
          const value = context.header(name)
          if (value !== undefined) this.#recording.headers[name] = value
        }
        return userByHeader(header(request, 'x-user'), () => refusal(request, context as Context))
      },
      authorize: (context) => {
        const { socketId, channel, kind, authInfo } = context
        this.#recording.authorizeCalls.push({ socketId, channel, kind, authInfo: asText(authInfo) })
        return authorizeByChannel(context, this.#released)
      },
      signin: ({ user }) => signinByUser(user),
      webhooks: {
        additionalSecrets: [formerSecret, otherPair],
        // The rows' webhooks are as old as the run.
        tolerance: 3_600_000,
        handler: async (events) => {
          this.#recording.webhooks.push([...events])
          await webhookByChannel(events[0], this.#released, () => this.#isReleased)
        },
      },
    }
  }
}

/** JSON, or `undefined` for a parsed value that is nested too deep to be written again. */
function asText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

function recorded(error: unknown): RecordedError {
  const { code, argument } = Object(error) as { code?: unknown; argument?: unknown }
  return {
    isError: error instanceof Error,
    message: error instanceof Error ? error.message : '',
    ...(typeof code === 'string' && { code }),
    ...(typeof argument === 'string' && { argument }),
  }
}
