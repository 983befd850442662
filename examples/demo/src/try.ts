import { Person } from './person.ts'

export { Person }

/**
 * Does the job once in an example app, with the real client library: alice joins her channel and the lobby and gets an
 * event that a route triggered; mallory is refused alice's channel.
 * @param triggeredAt when the app's route last called `trigger`, as `performance.now()`; if it is unknown, the time
 * is counted from the request to that route
 * @returns what happened, in one line
 * @throws {Error} saying what did not
 */
export async function tryExample(
  app: { readonly name: string; readonly url: string },
  appKey: string,
  wsPort: number,
  triggeredAt?: () => number,
): Promise<string> {
  const people: Person[] = []
  const logIn = async (name: string) => {
    const person = await Person.logIn(name, app.url, appKey, wsPort)
    people.push(person)
    return person
  }
  try {
    const alice = await logIn('alice')
    const mallory = await logIn('mallory')
    const own = await alice.join('private-user-alice')
    const lobby = await alice.join('presence-lobby')
    if (typeof own === 'number') throw new Error(`alice was refused private-user-alice (${own})`)
    if (typeof lobby === 'number') throw new Error(`alice was refused presence-lobby (${lobby})`)
    const me = (lobby as unknown as { members: { me: { id: string; info: { name: string } } } }).members.me
    if (me.id !== 'alice' || me.info.name !== 'Alice') throw new Error(`the lobby took alice for ${me.id}`)

    const refusal = await mallory.join('private-user-alice')
    if (refusal !== 403) throw new Error(`mallory was not refused private-user-alice (${String(refusal)})`)

    const requestedAt = performance.now()
    const receivedAt = await alice.notify('alice', own, `from ${app.name}`)
    const ms = receivedAt - (triggeredAt?.() ?? requestedAt)
    return `alice joined private-user-alice and presence-lobby, mallory was refused (403), trigger to receipt ${ms.toFixed(1)} ms`
  } finally {
    for (const person of people) person.leave()
  }
}
