import type { Harness } from '@pingerchips/conformance/app'
import type { FetchApp } from '@pingerchips/conformance/fetch'

/** The exports of a module that the matrix runs on a runtime. */
export interface Program {
  /** Apps that listen by themselves, with `node:http`. */
  readonly harnesses?: readonly Harness[]
  /** Apps that the runtime's own server serves. */
  readonly fetchApps?: readonly FetchApp[]
  /** Each vector's fault, or `''`, by its name. */
  readonly vectors?: () => Promise<Readonly<Record<string, string>>>
}
