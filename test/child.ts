import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'

/** A program, where it runs and what is in its environment besides this process's own. */
export interface Program {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
}

export interface Running {
  /** What it said when it was ready: the first group of the pattern. */
  readonly said: string
  /** Ends it, and waits for its end. */
  stop(): Promise<void>
}

/** Runs a program to its end. @throws {Error} with all that it said, if it fails or takes five minutes */
export async function run(program: Program): Promise<void> {
  const { child, ended } = start(program, () => {})
  const late = setTimeout(() => child.kill(), 300_000)
  const { failed, how } = await ended
  clearTimeout(late)
  if (failed) throw new Error(how)
}

/** Starts a program. @throws {Error} with all that it said, if it ends or half a minute passes before it is ready */
export function startUntil(ready: RegExp, program: Program): Promise<Running> {
  return new Promise((resolve, reject) => {
    const { child, ended } = start(program, (text) => {
      const said = ready.exec(text)?.[1]
      if (said === undefined) return
      clearTimeout(late)
      resolve({
        said,
        async stop() {
          child.kill()
          await ended
        },
      })
    })
    const late = setTimeout(() => child.kill(), 30_000)
    ended.then(({ how }) => {
      clearTimeout(late)
      reject(new Error(how))
    })
  })
}

/** Starts a program, and does not wait for it. */
export function startInBackground(program: Program): Pick<Running, 'stop'> {
  const { child, ended } = start(program, () => {})
  return {
    async stop() {
      child.kill()
      await ended
    },
  }
}

interface Started {
  readonly child: ChildProcessByStdio<null, Readable, Readable>
  readonly ended: Promise<{ readonly failed: boolean; readonly how: string }>
}

function start({ command, args, cwd, env }: Program, onText: (all: string) => void): Started {
  // The test runner's NODE_ENV is `test`; a user's is not.
  const environment = { ...process.env, NODE_ENV: 'production', ...env }
  const child = spawn(command, args, { cwd, env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  let all = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      all += text
      onText(all)
    })
  const ended = once(child, 'close').then(
    ([code, signal]) => ({ failed: code !== 0, how: `${command} ended (${code ?? signal}) and said:\n${all}` }),
    (error: Error) => ({ failed: true, how: `${command} did not start: ${error.message}` }),
  )
  return { child, ended }
}
