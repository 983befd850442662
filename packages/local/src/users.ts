import { type StatusChange, watchlistFrame } from './frame.ts'
import { Groups } from './groups.ts'

/** A connection, as the user sees it that signed in on it. */
export interface Session {
  send(frame: string): void
  /** Tells the client why and closes; from then on the connection is on no channel and signed in as nobody. */
  end(code: number, reason: string): void
}

/** What the service knows of a user. */
export interface User {
  readonly id: string
  /** Ids of the users whose coming and going it hears of. */
  readonly watchlist: readonly string[]
}

/** Who is signed in to one app. A user is online while at least one of its connections is signed in. */
export class Users {
  readonly #users = new Map<Session, User>()
  /** By the id of their user. */
  readonly #sessions = new Groups<Session>()
  /** By the id that they watch. */
  readonly #watchers = new Groups<Session>()

  /** The id that a connection is signed in with; `undefined` if it is not. */
  idOf(session: Session): string | undefined {
    return this.#users.get(session)?.id
  }

  /** Signs a connection in that is not signed in, or again with the same id and perhaps another watchlist. */
  signIn(session: Session, user: User): void {
    const cameOnline = !this.#sessions.has(user.id)
    this.#unwatch(session)
    this.#users.set(session, user)
    this.#sessions.add(user.id, session)
    // Before it watches anybody: it may be on its own watchlist, and is about to be told of all of that.
    if (cameOnline) this.#tellWatchers(user.id, 'online')

    for (const id of user.watchlist) this.#watchers.add(id, session)
    const online = user.watchlist.filter((id) => this.#sessions.has(id))
    const offline = user.watchlist.filter((id) => !this.#sessions.has(id))
    const changes: StatusChange[] = [
      { name: 'online', user_ids: online },
      { name: 'offline', user_ids: offline },
    ]
    const news = changes.filter((change) => change.user_ids.length > 0)
    if (news.length > 0) session.send(watchlistFrame(news))
  }

  signOut(session: Session): void {
    const id = this.idOf(session)
    if (id === undefined) return
    this.#unwatch(session)
    this.#users.delete(session)
    this.#sessions.remove(id, session)
    if (!this.#sessions.has(id)) this.#tellWatchers(id, 'offline')
  }

  /** Ends every connection that is signed in with this id. The user may connect again: to ban is up to the app. */
  terminate(id: string): void {
    for (const session of this.#sessions.values(id)) session.end(4009, 'The app has ended the connections of this user')
  }

  #unwatch(session: Session): void {
    for (const id of this.#users.get(session)?.watchlist ?? []) this.#watchers.remove(id, session)
  }

  #tellWatchers(id: string, name: StatusChange['name']): void {
    const frame = watchlistFrame([{ name, user_ids: [id] }])
    for (const watcher of this.#watchers.values(id)) watcher.send(frame)
  }
}
