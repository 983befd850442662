/** The conformance suite: every adapter passes it. */
export { Connection } from './http/connection.ts'
export { corpus, type Threat } from './rows/corpus.ts'
export type { OpenApp, RemoteApp } from './suites/opened-app.ts'
export { conformance, runConformance } from './suites/run-conformance.ts'
