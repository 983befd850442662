/** What becomes of a failure that the app has given no place to go to. */
export function reportError(error: unknown): void {
  console.error(error)
}

/**
 * Tells an app's listener. What it throws, or rejects with, is reported and changes nothing: an `async` listener whose
 * failure nobody catches would end the process.
 */
export function tell<Told extends readonly unknown[]>(listener: (...told: Told) => unknown, ...told: Told): void {
  try {
    Promise.resolve(listener(...told)).catch(reportError)
  } catch (failure) {
    reportError(failure)
  }
}
