import { PingerchipsServer } from '@pingerchips/core'

/**
 * The client of the environment, made on its first use: an app without secrets still starts, such as to write its
 * OpenAPI document. Mocks that a test puts on it stay.
 */
export class ClientFromEnv {
  #latest: PingerchipsServer | undefined

  readonly client: PingerchipsServer = new Proxy(Object.create(PingerchipsServer.prototype) as PingerchipsServer, {
    get: (target, name) => {
      if (Object.hasOwn(target, name)) return Reflect.get(target, name)
      // Nest looks for lifecycle hooks on every provider.
      if (!(name in target) || name === 'constructor') return Reflect.get(target, name)
      // Returns the same client each time, and a new one after it was closed.
      const client = PingerchipsServer.fromEnv()
      this.#latest = client
      const value: unknown = Reflect.get(client, name)
      return typeof value === 'function' ? value.bind(client) : value
    },
  })

  async close(): Promise<void> {
    await this.#latest?.close()
  }
}
