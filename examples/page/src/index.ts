import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/** The users who can log in. Your app has a database instead. */
export const users: ReadonlyMap<string, { readonly id: string; readonly name: string }> = new Map(
  ['Alice', 'Bob', 'Mallory'].map((name) => [name.toLowerCase(), { id: name.toLowerCase(), name }]),
)

const template = readFileSync(new URL('../index.html', import.meta.url), 'utf8')

/** pusher-js for browsers. */
export const pusherJs: string = readFileSync(
  createRequire(import.meta.url).resolve('pusher-js/dist/web/pusher.min.js'),
  'utf8',
)

/**
 * Returns the page, connected to the service in `PINGERCHIPS_ENDPOINT`.
 * @param options `signin`: whether the app has a route for `pusher.signin()`
 */
export function page(framework: string, { signin = false }: { signin?: boolean } = {}): string {
  const { hostname, port } = new URL(process.env.PINGERCHIPS_ENDPOINT ?? 'http://127.0.0.1:6001')
  const settings = { appKey: process.env.PINGERCHIPS_APP_KEY, wsHost: hostname, wsPort: Number(port), signin }
  return template.replaceAll('{{framework}}', framework).replace('"{{settings}}"', JSON.stringify(settings))
}
