import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { channelName, defineEvents } from '@pingerchips/core'
import { z } from 'zod'
import { interleaved, median } from './rounds.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const channelCount = 200

/** What a contract of 200 channels adds to a type check, and what validation costs beside the schema's own parse. */
export async function benchContract(rounds: number): Promise<void> {
  for (const useCount of [1, channelCount]) {
    const [plain = [], typed = []] = await interleaved(
      [false, true].map((isTyped) => async () => checkTime(isTyped, useCount)),
      rounds,
    )
    const added = median(typed.map((time, round) => time - (plain[round] ?? Number.NaN)))
    console.log(
      `contract: ${channelCount} channels and ${useCount} triggers add ${added.toFixed(0)} ms to the type check`,
    )
  }
  const ratio = await validationRatio(rounds)
  console.log(`  a typed trigger takes ${ratio.toFixed(2)} of the time of channelName(), parse() and trigger() by hand`)
}

/** Milliseconds of the checker, by `tsc --extendedDiagnostics`. */
function checkTime(isTyped: boolean, useCount: number): number {
  const folder = mkdtempSync(join(root, 'bench', '.contract-'))
  try {
    const schemas = Array.from(
      { length: channelCount },
      (_, n) => `  'private-c${n}-{id}': { e${n}: z.object({ id: z.number(), text: z.string() }) },`,
    )
    const uses = Array.from(
      { length: useCount },
      (_, n) => `  await client.trigger('private-c${n}-{id}', { id: '1' }, 'e${n}', { id: ${n}, text: '' })`,
    )
    // The other program has the same schemas, and sends by plain names.
    const plain = uses.map((_, n) => `  await client.trigger('private-c${n}-1', 'e${n}', { id: ${n}, text: '' })`)
    const code = `import { defineEvents, PingerchipsServer } from '@pingerchips/core'
import { z } from 'zod'
const table = {\n${schemas.join('\n')}\n}
export const events = ${isTyped ? 'defineEvents(table)' : '[defineEvents, table]'}
export async function use() {
  const client = ${isTyped ? 'events.bind(PingerchipsServer.fromEnv())' : 'PingerchipsServer.fromEnv()'}
${(isTyped ? uses : plain).join('\n')}
}
`
    writeFileSync(join(folder, 'app.ts'), code)
    const compilerOptions = { strict: true, noEmit: true, module: 'nodenext', target: 'es2022', skipLibCheck: true }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['app.ts'] }))
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const { stdout, status } = spawnSync(process.execPath, [tsc, '-p', folder, '--extendedDiagnostics'], {
      encoding: 'utf8',
      cwd: dirname(folder),
    })
    const seconds = /^Check time:\s+([\d.]+)s/m.exec(stdout)?.[1]
    if (status !== 0 || seconds === undefined) throw new Error(`tsc failed: ${stdout.slice(0, 500)}`)
    return Number(seconds) * 1000
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function validationRatio(rounds: number): Promise<number> {
  const schema = z.object({
    id: z.number(),
    lines: z.array(z.object({ name: z.string().max(50), price: z.number().positive(), tags: z.array(z.string()) })),
  })
  const data = {
    id: 1,
    lines: Array.from({ length: 20 }, (_, n) => ({ name: `item ${n}`, price: n + 1, tags: ['a', 'b'] })),
  }
  const sender = { trigger: async (_channel: string, _event: string, value: unknown) => JSON.stringify(value) }
  const typed = defineEvents({ 'private-{id}': { order: schema } }).bind(sender)
  const times = 5000
  const timed = async (work: () => Promise<unknown>) => {
    const start = performance.now()
    for (let n = 0; n < times; n++) await work()
    return performance.now() - start
  }
  const byHand = async () => sender.trigger(channelName('private-{id}', { id: '1' }), 'order', schema.parse(data))
  const byContract = () => typed.trigger('private-{id}', { id: '1' }, 'order', data)
  await timed(byHand)
  await timed(byContract)
  const [hand = [], contract = []] = await interleaved([() => timed(byHand), () => timed(byContract)], rounds)
  return median(contract.map((time, round) => time / (hand[round] ?? Number.NaN)))
}
