#!/usr/bin/env node
import { advice } from './command/advice.ts'
import { serve } from './command/serve.ts'

const [first, ...rest] = process.argv.slice(2)
try {
  if (first === 'doctor') {
    // Only the doctor needs the client, and with it undici.
    const { doctor } = await import('./doctor/command.ts')
    process.exitCode = await doctor(rest, process.env, console.log)
  } else {
    await serve(process.argv.slice(2))
  }
} catch (error) {
  console.error(advice(error))
  process.exitCode = 1
}
