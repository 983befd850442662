import { expect, test } from 'vitest'
import { openAt, type Subject } from './opened-app.ts'

/** Names of properties that other code trusts: a guard would take the client for a user, a session or a body. */
const taken = ['user', 'session', 'body', 'headers', 'cookies', 'auth', 'constructor', '__proto__', '']

/** The option `property`: a name that a framework or a common library uses is refused when the app mounts. */
export function properties(subject: Subject): void {
  test.each(taken)("property '%s' is refused when the app mounts", async (property) => {
    await expect(openAt(subject, { property })).rejects.toThrow(/property/)
  })
}
