import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { runCommand } from '../src/command.ts'
import { start } from './harness.ts'

describe('pingerchips-local', () => {
  test('starts, and says how to reach it', async () => {
    const { service, out = '' } = await runCommand(['--port', '0'])
    onTestFinished(() => service?.close())
    expect(out.split('\n')).toEqual(
      expect.arrayContaining([
        'PINGERCHIPS_APP_ID=local',
        'PINGERCHIPS_APP_KEY=local-key',
        'PINGERCHIPS_APP_SECRET=local-secret',
        'PINGERCHIPS_API_TOKEN=local-token',
        `PINGERCHIPS_ENDPOINT=${service?.url}`,
        expect.stringContaining(`wsPort: ${service?.port}`),
      ]),
    )
    expect(out).toContain('never production')
  })

  test('--help is help', async () => {
    expect(await runCommand(['--help'])).toEqual({ out: expect.stringContaining('Default 6001') })
  })

  test('a busy port says what to do', async () => {
    const { port } = await start()
    expect(await runCommand(['--port', String(port)])).toEqual({ error: expect.stringContaining('--port 0') })
  })

  test.each([['--port', ''], ['--port', '65536'], ['--port', '1e3'], ['--port'], ['--host', '0.0.0.0'], ['serve']])(
    'refuses %s %s',
    async (...args) => {
      expect(await runCommand(args)).toEqual({ error: expect.stringContaining('--port N') })
    },
  )

  const built = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
  test.runIf(existsSync(built))('as built, ends cleanly on Ctrl-C', async () => {
    const child = spawn(process.execPath, [built, '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => {
      child.kill('SIGKILL')
    })
    await once(child.stdout, 'data')
    child.kill('SIGINT')
    expect(await once(child, 'exit')).toEqual([0, null])
  })
})
