export interface User {
  readonly id: string
  readonly name: string
}

/** The users who can log in. Your app has a database instead. */
export const users: ReadonlyMap<string, User> = new Map(
  ['Alice', 'Bob', 'Mallory'].map((name) => [name.toLowerCase(), { id: name.toLowerCase(), name }]),
)
