#!/usr/bin/env node
import { serve } from './cli/serve.ts'
import { advice } from './cli/text.ts'

const [first, ...rest] = process.argv.slice(2)
try {
  if (first === 'doctor') {
    // Loaded only here: no other command needs the client and undici.
    const { doctor } = await import('./doctor/command.ts')
    process.exitCode = await doctor(rest, process.env, console.log)
  } else {
    await serve(process.argv.slice(2))
  }
} catch (error) {
  console.error(advice(error))
  process.exitCode = 1
}
