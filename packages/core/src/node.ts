export { type NodeHandlerOptions, nodeHandler } from './requests/node-request.ts'
