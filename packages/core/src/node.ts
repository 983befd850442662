export { type NodeHandlerContext, type NodeHandlerOptions, nodeHandler } from './requests/node-handler.ts'
