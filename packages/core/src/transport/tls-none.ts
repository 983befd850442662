import { invalidArgument } from '../errors.ts'
import type { TlsOptions } from './transport.ts'

/** @throws {TypeError} always: this is for runtimes whose `fetch` has no TLS options */
export function clientTls({ cert, caOption }: TlsOptions): never {
  throw invalidArgument(
    cert === undefined ? caOption : 'options.mtls',
    cert === undefined
      ? "is not supported on this runtime: add the root to the runtime's own trusted roots, or run on Node"
      : 'is not supported on this runtime, which cannot present a client certificate. Run on Node, or omit the option',
  )
}
