import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const built = fileURLToPath(new URL('../dist/cli.js', import.meta.url))

/** The environment that tests give the command, and nothing of Pingerchips from around them. */
type Environment = Readonly<Record<string, string>>

/** The command as a user runs it, killed when the test ends. */
export function startCommand(args: readonly string[], env: Environment = {}) {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('PINGERCHIPS_'))
  const child = spawn(process.execPath, [built, ...args], { env: { ...Object.fromEntries(own), ...env } })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return child
}

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly error: string
}

/** Runs the command to its end. */
export async function runCommand(args: readonly string[], env?: Environment): Promise<Ended> {
  const child = startCommand(args, env)
  let [out, error] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    error += text
  })
  const [code] = await once(child, 'close')
  return { code, out, error }
}

/** The lines of `--json`, one after the other, as they come. */
export async function* jsonLines(child: ReturnType<typeof startCommand>) {
  for await (const line of createInterface({ input: child.stdout })) yield JSON.parse(line)
}

/** An app on a free port, which closes when the test ends. @returns its origin */
export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.close().closeAllConnections()
  })
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
