export { type AppSetup, appFailed, appHasNoRoute, type RunningApp, routeAnswer } from './app.ts'
export { conformance, portOf } from './conformance.ts'
