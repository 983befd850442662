export {
  type AppSetup,
  appFailed,
  appHasNoRoute,
  type Harness,
  type Parser,
  type RunningApp,
  shippedAnswer,
} from './app.ts'
export { conformance, portOf } from './conformance.ts'
export { type Case, type Expectation, table } from './table.ts'
