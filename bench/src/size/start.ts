import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Subject } from './subjects.ts'

const child = fileURLToPath(new URL('start-process.js', import.meta.url))

/** Milliseconds of CPU, and of the clock, from the start of a process to its first signed answer. */
export interface Start {
  readonly cpu: number
  readonly clock: number
}

/** @param subject without it, a process that does nothing */
export async function startTime(subject?: Subject): Promise<Start> {
  const args = [child, ...(subject === undefined ? [] : [subject])]
  const process = spawn(globalThis.process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...globalThis.process.env, NODE_ENV: 'production' },
  })
  const [said, [code]] = await Promise.all([text(process.stdout), once(process, 'exit')])
  if (code !== 0) throw new Error(`${subject} did not start: exit ${code}.`)
  return JSON.parse(said) as Start
}
