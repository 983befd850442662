import type { Parser } from '../app/harness.ts'

/** The expected response to a row. */
export interface Expectation {
  /** One status, or several where the app's parser decides. */
  readonly status: number | readonly number[]
  /** The exact JSON of the body. Leave out where the app's own parser words the response. */
  readonly json?: unknown
  /** The exact JSON of a 200: a result for each channel. Other statuses may be allowed where only some parsers make a batch. */
  readonly batch?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
  /** How many errors reach the app's error handler; `any` where its parser may have refused. Default: 0. */
  readonly errors?: number | 'any'
  /** `code` of that error. */
  readonly code?: string
  /** The arguments of the one call of `authorize`; `null`: no call. Left out: not checked. */
  readonly authorize?: { kind?: string; channel?: string; authInfo?: unknown } | null
  /** Headers that `user` reads. Left out: not checked. */
  readonly userHeaders?: Readonly<Partial<Record<'authorization' | 'cookie', string>>>
  /** The events that `webhooks.handler` received; `null`: no call. Left out: not checked. */
  readonly webhook?: readonly object[] | null
  /** The response is the app's and not the endpoint's: `no-store` is not checked. */
  readonly fromApp?: boolean
}

/** One request, to the byte, and its expected response. */
export interface Row {
  readonly name: string
  readonly method?: string
  /** Below the mount. Default: `/pingerchips/auth`. */
  readonly path?: string
  readonly type?: string | undefined
  readonly user?: string | null
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** Sends the body in pieces of this many bytes, chunked: without a Content-Length. */
  readonly chunks?: number
  readonly expect: Expectation
  /** The response behind a parser that read this body first. Ignored where parsers cannot reach the endpoint. */
  readonly behind?: Partial<Readonly<Record<Parser, Expectation>>>
  /** Needs a route of the app's beside the endpoint. */
  readonly needsApp?: boolean
  /** An adapter can get this row wrong: it runs at each of them. See `carriage` in corpus.ts. */
  readonly atAdapters?: boolean
}
