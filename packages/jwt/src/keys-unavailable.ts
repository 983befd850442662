/** The keys of a key server could not be had; `cause` is what it did, now or when it was last asked. */
export class KeysUnavailable extends Error {
  override readonly name: string = 'KeysUnavailable'

  constructor(cause: unknown) {
    super('The JSON Web Key Set could not be had.', { cause })
  }
}
