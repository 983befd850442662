export { type FetchHandlerOptions, fetchHandler } from './requests/fetch-request.ts'
