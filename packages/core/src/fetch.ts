export { type FetchHandlerOptions, fetchHandler } from './endpoint/fetch.ts'
