/** What a test has done, for a reporter to count. */
export interface CorpusCount {
  readonly adapter: string
  readonly threat: string
  readonly row: string
  readonly type: 'JSON' | 'form' | 'neither'
  /** The places where it was answered as it must be: without a parser, behind each, in memory. */
  readonly tried: readonly string[]
}

export interface FuzzCount {
  readonly adapter: string
  readonly connections: number
  /** How many answers had each status; some connections have several, and some none. */
  readonly statuses: Readonly<Record<string, number>>
  /** Bytes by which the heap has grown, garbage aside; `undefined`: too few connections to tell, or in another process. */
  readonly grown: number | undefined
}

declare module 'vitest' {
  interface TaskMeta {
    corpus?: CorpusCount
    fuzz?: FuzzCount
    /** Cases of properties. */
    cases?: number
  }
}
