/** Creates an element. Text stays text: the page never parses HTML. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string>> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children)
  return made
}

/** Returns the element of the page with this id. */
export function byId<T extends Element = HTMLElement>(id: string): T {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`The page has no #${id}`)
  return found as unknown as T
}

/**
 * Updates the children of `list` to match `items`, in order. An existing child stays in the document, and keeps the
 * focus.
 */
export function showList<Item>(
  list: Element,
  items: readonly Item[],
  keyOf: (item: Item) => string,
  show: (item: Item, child: HTMLElement | undefined) => HTMLElement,
): void {
  const old = new Map([...list.children].map((child) => [(child as HTMLElement).dataset.key, child as HTMLElement]))
  let at = list.firstElementChild
  for (const item of items) {
    const key = keyOf(item)
    const child = show(item, old.get(key))
    child.dataset.key = key
    old.delete(key)
    if (child === at) at = at.nextElementSibling
    else list.insertBefore(child, at)
  }
  for (const child of old.values()) child.remove()
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`
}
