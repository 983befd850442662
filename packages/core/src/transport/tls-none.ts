import { invalidArgument } from '../errors.ts'
import type { TlsOptions } from './tls-node.ts'

// Selected by `#tls` for runtimes whose `fetch` has no TLS options.

/** @throws {TypeError} if there is one */
export function resolveTls({ mtls, ca }: TlsOptions): undefined {
  if (mtls !== undefined && mtls.enabled !== false)
    throw invalidArgument(
      'options.mtls',
      'is not supported on this runtime, which cannot present a client certificate. Run on Node, or omit the option',
    )
  if (ca !== undefined)
    throw invalidArgument(
      'options.ca',
      "is not supported on this runtime: add the root to the runtime's own trusted roots, or run on Node",
    )
}
