export { type NodeHandlerOptions, nodeHandler } from './endpoint/node.ts'
