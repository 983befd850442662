import type { RequestListener } from 'node:http'
import { PingerchipsServer } from '@pingerchips/core'
import { nodeHandler } from '@pingerchips/core/node'
import { doctor } from '../src/doctor/command.ts'
import { defaultApp, type LocalService } from '../src/index.ts'
import { serve } from './cli.ts'
import { start } from './harness.ts'

export function environment(service: LocalService, changes: Record<string, string> = {}): Record<string, string> {
  return {
    PINGERCHIPS_APP_ID: defaultApp.id,
    PINGERCHIPS_APP_KEY: defaultApp.key,
    PINGERCHIPS_APP_SECRET: defaultApp.secret,
    PINGERCHIPS_ENDPOINT: service.url,
    ...changes,
  }
}

/** What the doctor prints, and the code that the process would end with. */
export async function consult(args: readonly string[], env: Record<string, string>) {
  const lines: string[] = []
  const code = await doctor(args, env, (line) => lines.push(line))
  return { code, out: `${lines.join('\n')}\n` }
}

/** The lines about an auth endpoint. */
export async function examine(listener: RequestListener, ...args: string[]) {
  const origin = await serve(listener)
  const { code, out } = await consult(['--auth-url', `${origin}/pingerchips/auth`, ...args], environment(await start()))
  const text = out.slice(out.indexOf('auth endpoint') - 2)
  return { code, text, lines: text.split('\n') }
}

export const client = new PingerchipsServer(defaultApp.id, defaultApp.secret, { appKey: defaultApp.key })
const good = nodeHandler({
  client,
  user: (req) => (req.headers.cookie === 'session=ada' || req.headers['x-user'] === 'ada' ? { id: '1' } : null),
  authorize: ({ channel, kind, user }) =>
    kind === 'presence' ? { user_id: user.id } : channel === `private-user-${user.id}`,
})
export const app: RequestListener = (req, res) => void good(req, res)

export function answering(
  status: number,
  type: string,
  body: string,
  headers: Record<string, string> = {},
): RequestListener {
  return (_, res) => res.writeHead(status, { 'content-type': type, ...headers }).end(body)
}
