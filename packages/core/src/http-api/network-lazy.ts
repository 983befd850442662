import { PingerchipsError } from '../errors.ts'
import type { Network, NetworkOptions } from './network.ts'

/**
 * Loads the network module with the first use, for runtimes that bundlers build for: what signs stays below 12 kB.
 *
 * `#network` in the `imports` of package.json selects it. Node, Deno and Bun load `network.ts` itself, with the client: a
 * file that is loaded later may fail to load (no file descriptor is free), and Node 20 remembers a failed import for the
 * life of the process.
 *
 * @throws {PingerchipsError} (as a rejection) `load_failed`. The next call tries again
 */
export async function loadNetwork(options: NetworkOptions): Promise<Network> {
  let network: typeof import('./network.ts')
  try {
    network = await import('./network.ts')
  } catch {
    // The cause names files of the bundle.
    throw new PingerchipsError('load_failed', 'The network module could not be loaded. The next call tries again.', {
      retryable: true,
    })
  }
  return network.loadNetwork(options)
}
