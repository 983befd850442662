export { type AppSetup, appFailed, appHasNoRoute, type RunningApp, routeAnswer } from './app.ts'
export { conformance, portOf } from './conformance.ts'
export { corpus, type Threat } from './corpus.ts'
export type { CorpusCount, FuzzCount } from './counts.ts'
