export {
  type FetchHandlerContext,
  type FetchHandlerInput,
  type FetchHandlerOptions,
  fetchHandler,
} from './requests/fetch-handler.ts'
