let prefix: string | undefined
let count = 0

/** An id that no other event has: one UUID for all of a process, and a count. A UUID for each costs ten times as much. */
export function eventId(): string {
  // Not sooner: Workers have no randomness before a request.
  prefix ??= crypto.randomUUID()
  return `${prefix}-${++count}`
}
