import type { Harness } from '@pingerchips/conformance/app'
import type { FetchApp } from '@pingerchips/conformance/fetch'

/** What a process on a runtime can be told to start or to run. */
export interface Program {
  /** Apps that listen by themselves, with `node:http`. */
  readonly harnesses?: readonly Harness[]
  /** Apps that the runtime's own server serves. */
  readonly fetchApps?: readonly FetchApp[]
  /** Each vector's fault, or `''`, by its name. */
  readonly vectors?: () => Promise<Readonly<Record<string, string>>>
}
