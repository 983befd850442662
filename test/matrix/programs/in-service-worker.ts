import { Host } from './host.ts'
import type { Program } from './program.ts'

declare const self: {
  addEventListener(
    type: 'message',
    listener: (event: { data: string; source: { postMessage(answer: string): void } }) => void,
  ): void
}

/** Obeys what a page posts. */
export function run(program: Program): void {
  const host = new Host(program, [])
  self.addEventListener('message', async ({ data, source }) => source.postMessage(await host.obey(data)))
}
