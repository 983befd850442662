/** What a harness needs to build the suite's app in its framework. */
export * from './app/harness.ts'
export { type AppPlan, type Recording, TestApp } from './app/test-app.ts'
