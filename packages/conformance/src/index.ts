export { conformance, type JudgedApp, judge, type OpenApp } from './conformance.ts'
export { corpus, type Threat } from './corpus.ts'
export type { CorpusCount, FuzzCount } from './counts.ts'
export { Connection } from './request.ts'
