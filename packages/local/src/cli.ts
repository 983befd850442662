#!/usr/bin/env node
import { runCommand } from './command.ts'

const { service, out, error } = await runCommand(process.argv.slice(2))
// Before anything is printed, so that whoever waits for the text may stop it. Once: a second Ctrl-C ends the
// process the hard way.
if (service) for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void service.close())
if (out !== undefined) console.log(out)
if (error !== undefined) {
  console.error(error)
  process.exitCode = 1
}
