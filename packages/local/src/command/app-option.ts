import type { App } from '../app.ts'

/** What `--app` names: `ID:KEY:SECRET`. The secret is the rest, colons and all. */
export function toApp(text: string): App {
  const [, id, key, secret] = /^([\w.~-]+):([\w.~-]+):(.+)$/s.exec(text) ?? []
  // The text stays out of the message: it holds a secret.
  if (id === undefined || key === undefined || secret === undefined)
    throw new TypeError(
      '--app must be ID:KEY:SECRET, such as local:local-key:local-secret. ID and KEY: letters, digits, ".", "_", "~", "-"',
    )
  return { id, key, secret }
}
