import type { Server } from 'node:http'
import type { AuthEndpointOptions, RequestClient } from '@pingerchips/core/adapter'

/** The published vectors' credentials. */
export const appKey = '278d425bdf160c739803'
export const appSecret = '7ad3773142a6692b25b8'
/** 32 bytes, in base64. */
export const encryptionMasterKey = 'zyrm8pvV2C9fJcBfhyXzvxbJVN/H7QLmbe0xJi1GhPU='

/** Body parsers that an app may have in front of the endpoint. */
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
  /** Headers that the app sets before anything else, as CORS middleware does. Every response must have them. */
  readonly headers: Readonly<Record<string, string>>
  /** Where to mount: at the root, or below this prefix by a sub-router, a mount or the framework's equivalent. */
  readonly prefix: '' | '/v1'
  /**
   * The options for `pingerchips(…)`.
   * @param header reads a header of the framework's request
   * @param refusal makes the value with which a handler of the framework refuses a request, such as Hono's
   * `c.json({}, 401)` or Express's `res`. Default: a `Response`
   */
  options<Request, Context = unknown>(
    header: (request: Request, name: string) => string | undefined,
    refusal?: (request: Request, context: Context) => unknown,
  ): AuthEndpointOptions<Request, User, Context>
  /** The app's error handler calls this, and responds with {@link appFailed} and status 500. */
  report(error: unknown): void
  /** Routes of the app's, by path. A POST awaits this function and responds with {@link routeResponse}. */
  readonly routes: Readonly<Record<string, (pingerchips: RequestClient) => void | Promise<void>>>
}

export const appFailed = { error: 'the app failed' }
/** The response of each of the app's own routes. */
export const routeResponse = { success: true }
/** The app's response with status 404 where it has no route. Every OPTIONS gets status 204 and no body. */
export const appHasNoRoute = { error: 'the app has no such route' }
/** The headers that the app's CORS middleware sets. */
export const appHeaders = { 'access-control-allow-origin': 'https://app.example', vary: 'Origin' }

/** A server's response. */
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
  /** The framework's function that responds without a socket, if it has one. */
  readonly inMemory?: (request: InMemoryRequest) => Promise<Reply>
  close(): Promise<void>
}

/** Properties of a framework that change what the suite expects. */
export interface Traits {
  readonly name: string
  /** The parsers that can stand in front of the endpoint. Default: all. */
  readonly parsers?: readonly Parser[]
  /** The app's parsers never see the endpoint's requests. */
  readonly isolated?: boolean
  /** The framework reads every body before the endpoint, and responds itself to one that it refuses. */
  readonly readsBodies?: boolean
  /** A handler without an app: it has no route, prefix or fallback, and responds to every request. */
  readonly standalone?: boolean
  /** Its parsers keep the raw body beside the parsed one. */
  readonly keepsRawBody?: boolean
  /** It can respond without a socket: see {@link RunningApp.inMemory}. */
  readonly inMemory?: boolean
  /** It runs on Workers, where a request ends with its client's connection, and the connection with a refused body. */
  readonly isWorker?: boolean
  /** It runs in another process than the suite, with a clock and a heap of its own. */
  readonly isRemote?: boolean
  /** An older version: runs without a parser and behind both, and a tenth of the malformed HTTP. */
  readonly isMinimumVersion?: boolean
  /** The rows of the corpus that run. Default: `carriage`, those that an adapter can get wrong. */
  readonly corpus?: 'whole' | 'carriage'
  /** The response when the app fails. Default: {@link appFailed}. */
  readonly failed?: unknown
}

/** All that a framework has to supply. */
export interface Harness extends Traits {
  start(setup: AppSetup): Promise<RunningApp>
}

/** The port that a Node server listens on. */
export function portOf(server: { address(): { readonly port: number } | string | null }): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server listens on no port.')
  return address.port
}

/** Closes a Node server and its open connections. Only for frameworks that leave connections open. */
export function closeAll(server: Server): Promise<void> {
  return new Promise((closed) => {
    server.close(() => closed())
    server.closeAllConnections()
  })
}
