import { invalidArgument } from '../errors.ts'

/** @throws {TypeError} always, for a runtime whose `fetch` takes no certificate */
export function clientTls(): never {
  throw invalidArgument(
    'options.mtls',
    'cannot be used here: this runtime cannot present a client certificate; run on Node, or leave it out',
  )
}
