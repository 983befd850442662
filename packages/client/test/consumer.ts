// Code of a user of the package, compiled as test/packages.test.ts says.
import {
  type BatchAuthorizationOptions,
  batchAuthorization,
  ChannelAuthorizationError,
  type SocketIdSource,
  type TypedPusher,
  typed,
  withSocketId,
} from '@pingerchips/client'
import { defineEvents } from '@pingerchips/core'

const realtime = defineEvents({ 'private-user-{id}': {} })
const options: BatchAuthorizationOptions = { endpoint: '/pingerchips/auth', refresh: () => undefined }

export const handler: ReturnType<typeof batchAuthorization> = batchAuthorization(options)
export const isRefused = (error: unknown): boolean => error instanceof ChannelAuthorizationError && error.status === 403
export const useTyped = (pusher: Parameters<typeof typed>[0]): TypedPusher<typeof realtime> =>
  typed<typeof realtime>(pusher)
export const send = (source: SocketIdSource): unknown => withSocketId(source)
