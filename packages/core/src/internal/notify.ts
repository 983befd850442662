/** Default error handler: logs to `console.error`. */
export function reportError(error: unknown): void {
  console.error(error)
}

/**
 * Calls an app's listener. If it throws or rejects, the error is logged and nothing else happens: an `async` listener
 * whose rejection is not caught would end the process.
 */
export function notify<Arguments extends readonly unknown[]>(
  listener: (...given: Arguments) => unknown,
  ...given: Arguments
): void {
  try {
    Promise.resolve(listener(...given)).catch(reportError)
  } catch (error) {
    reportError(error)
  }
}
