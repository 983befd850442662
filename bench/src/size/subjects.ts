/** What is measured: ours with the framework beside it, and the peers. */
export const subjects = [
  '@pingerchips/core',
  '@pingerchips/express',
  '@pingerchips/fastify',
  '@pingerchips/h3',
  '@pingerchips/hono',
  '@pingerchips/koa',
  'pusher',
  '@liveblocks/node',
  'ably',
] as const
export type Subject = (typeof subjects)[number]
