/** Sets of values by a key. A key is there while it has a value. */
export class Groups<Value> {
  readonly #sets = new Map<string, Set<Value>>()

  has(key: string): boolean {
    return this.#sets.has(key)
  }

  /** A copy, so that whoever goes through it may change the group. */
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
