import { conformance } from '@pingerchips/conformance'
import { harness } from './app.ts'
import { loadNest, platforms } from './nest.ts'

for (const version of [10, 12] as const) {
  const nest = loadNest(version)
  for (const platform of platforms)
    for (const form of ['module', 'middleware'] as const)
      conformance({ ...harness(nest, platform, form), isMinimumVersion: true })
}
