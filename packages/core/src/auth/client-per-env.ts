import type { PingerchipsServer } from '../client.ts'

/**
 * Where secrets arrive in an `env` object with each request (Workers), makes one client for each such object and keeps
 * it as long as the object lives. Anything but an object keeps nothing.
 */
export function clientPerEnv(): (env: unknown, make: () => PingerchipsServer) => PingerchipsServer {
  const clients = new WeakMap<object, PingerchipsServer>()
  return (env, make) => {
    if (typeof env !== 'object' || env === null) return make()
    const kept = clients.get(env)
    if (kept !== undefined) return kept
    const client = make()
    clients.set(env, client)
    return client
  }
}
