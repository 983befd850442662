export { type BatchAuthorizationOptions, batchAuthorization, ChannelAuthorizationError } from './batch-authorization.ts'
export { type SocketIdSource, socketIdInterceptor, withSocketId } from './socket-id.ts'
export {
  type Contract,
  type EventHandlers,
  type TypedChannel,
  type TypedMembers,
  type TypedPusher,
  typed,
} from './typed.ts'
