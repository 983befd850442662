import { benchBatch } from './batch.ts'
import { benchContract } from './contract.ts'
import { benchEndpoint } from './endpoint.ts'
import { benchLocal } from './local.ts'
import { benchMatch } from './match.ts'
import { benchSize } from './size.ts'
import { benchTrigger } from './trigger.ts'

const benches: Record<string, () => Promise<void>> = {
  batch: () => benchBatch(5),
  contract: () => benchContract(5),
  endpoint: () => benchEndpoint(4, 9, 250),
  local: () => benchLocal(9, 5000),
  match: () => benchMatch(9),
  size: () => benchSize(9),
  trigger: () => benchTrigger(7, 700),
}

const [wanted] = process.argv.slice(2)
if (wanted !== undefined && !Object.hasOwn(benches, wanted)) {
  console.error(`There is no bench '${wanted}'; there is ${Object.keys(benches).join(', ')}.`)
  process.exit(1)
}
for (const [name, run] of Object.entries(benches)) if (wanted === undefined || wanted === name) await run()
