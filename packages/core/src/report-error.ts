/** What becomes of a failure that the app has given no place to go to. */
export function reportError(error: unknown): void {
  console.error(error)
}
