import type { Parser } from './app.ts'

/** What a request must be answered. */
export interface Expectation {
  /** One status, or several where it is the app's parser that decides. */
  readonly status: number | readonly number[]
  /** The exact JSON of the body; left out where the app's own parser words the answer. */
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** How many errors reach the app's error handler; `any` where its parser may have refused. Default: none. */
  readonly errors?: number | 'any'
  /** `code` of that error. */
  readonly code?: string
  /** What `authorize` was asked; `null`: it was not asked. Left out: not looked at. */
  readonly asked?: { kind?: string; channel?: string; authInfo?: unknown } | null
  /** The events that `webhooks.on` was told; `null`: it was not. Left out: not looked at. */
  readonly told?: readonly object[] | null
  /** The answer is the app's and not the endpoint's: `no-store` is not demanded. */
  readonly fromApp?: boolean
}

/** One request, to the byte, and its answer. */
export interface Case {
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
  /** Where a parser that read this body first changes the answer. Never looked at where parsers cannot reach us. */
  readonly behind?: Partial<Readonly<Record<Parser, Expectation>>>
  /** Needs a route of the app's beside the endpoint. */
  readonly needsApp?: boolean
}
