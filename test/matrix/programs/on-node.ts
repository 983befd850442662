import { onNode } from '@pingerchips/conformance/fetch'
import { Host } from './host.ts'
import { listen } from './listen.ts'
import type { Program } from './program.ts'

export function run(program: Program): void {
  const { harnesses = [], fetchApps = [] } = program
  const host = new Host(program, [...harnesses, ...fetchApps.map(onNode)])
  listen((order) => host.obey(order))
}
