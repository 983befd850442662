import { type StatusChange, watchlistFrame } from '../protocol/frames.ts'

/** A connection that can sign in. */
export interface Session {
  send(frame: string): void
  /** Sends the client the reason and closes. Subscriptions and the sign-in end at once. */
  end(code: number, reason: string): void
}

/** A signed-in user. */
export interface User {
  readonly id: string
  /** `user_info` as JSON text; `null` without one. The member info on presence channels. */
  readonly info: string
  /** Ids of the users whose online status the user receives. */
  readonly watchlist: readonly string[]
}

/** Signed-in users of one app. A user is online while at least one connection is signed in with its id. */
export class Users {
  readonly #users = new Map<Session, User>()
  /** By the id of their user. */
  readonly #sessions = new Groups<Session>()
  /** By the id that they watch. */
  readonly #watchers = new Groups<Session>()

  /** The user of a connection; `undefined` if it is not signed in. */
  of(session: Session): User | undefined {
    return this.#users.get(session)
  }

  /** User id of a connection; `undefined` if it is not signed in. */
  idOf(session: Session): string | undefined {
    return this.#users.get(session)?.id
  }

  /** Signs a connection in, or again with the same id and perhaps another watchlist. */
  signIn(session: Session, user: User): void {
    const cameOnline = !this.#sessions.has(user.id)
    this.#unwatch(session)
    this.#users.set(session, user)
    this.#sessions.add(user.id, session)
    // Before its own watches are added: a user may be on its own watchlist, and receives that whole list below.
    if (cameOnline) this.#notifyWatchers(user.id, 'online')

    for (const id of user.watchlist) this.#watchers.add(id, session)
    const online = user.watchlist.filter((id) => this.#sessions.has(id))
    const offline = user.watchlist.filter((id) => !this.#sessions.has(id))
    const changes: StatusChange[] = [
      { name: 'online', user_ids: online },
      { name: 'offline', user_ids: offline },
    ]
    const present = changes.filter((change) => change.user_ids.length > 0)
    if (present.length > 0) session.send(watchlistFrame(present))
  }

  signOut(session: Session): void {
    const id = this.idOf(session)
    if (id === undefined) return
    this.#unwatch(session)
    this.#users.delete(session)
    this.#sessions.remove(id, session)
    if (!this.#sessions.has(id)) this.#notifyWatchers(id, 'offline')
  }

  /** Ends every connection of this user. The user may connect again: a ban is up to the app. */
  terminate(id: string): void {
    for (const session of this.#sessions.values(id)) session.end(4009, 'The app has ended the connections of this user')
  }

  #unwatch(session: Session): void {
    for (const id of this.#users.get(session)?.watchlist ?? []) this.#watchers.remove(id, session)
  }

  #notifyWatchers(id: string, name: StatusChange['name']): void {
    const frame = watchlistFrame([{ name, user_ids: [id] }])
    for (const watcher of this.#watchers.values(id)) watcher.send(frame)
  }
}

/** Sets of values by key. A key exists while it has a value. */
class Groups<Value> {
  readonly #sets = new Map<string, Set<Value>>()

  has(key: string): boolean {
    return this.#sets.has(key)
  }

  /** A copy: the group may change while it is iterated. */
  values(key: string): Value[] {
    return [...(this.#sets.get(key) ?? [])]
  }

  add(key: string, value: Value): void {
    const set = this.#sets.get(key) ?? new Set()
    this.#sets.set(key, set.add(value))
  }

  remove(key: string, value: Value): void {
    const set = this.#sets.get(key)
    set?.delete(value)
    if (set?.size === 0) this.#sets.delete(key)
  }
}
