export { type AppSetup, appFailed, appHasNoRoute, type RunningApp, shippedAnswer } from './app.ts'
export { conformance, portOf } from './conformance.ts'
