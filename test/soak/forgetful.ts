import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { FaultServer } from '../../packages/core/test/faults/server.ts'

/**
 * Runs a script that triggers a few events and never closes its client.
 * @returns milliseconds between its last line and its end
 */
export async function runForgetful(): Promise<number> {
  const server = await FaultServer.start()
  const script = `
    import { PingerchipsServer } from '@pingerchips/core'
    const client = new PingerchipsServer('1', 'secret', { appKey: 'k', endpoint: '${server.url}' })
    const send = (n) => client.trigger('c', 'e', { n, play: [] })
    await Promise.all(Array.from({ length: 100 }, (_, n) => send(n)))
    console.log('sent')`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const now = () => performance.now()
  const [ended, line] = await Promise.all([once(child, 'exit').then(now), once(child.stdout, 'data').then(now)])
  await server.stop()
  return ended - line
}
