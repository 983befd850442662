import { conformance } from '@pingerchips/conformance'
import { harness } from './app.ts'
import { moduleSuite } from './module-suite.ts'
import { loadNest, nest11, platforms } from './nest.ts'

for (const platform of platforms) {
  if (platform !== 'Express') conformance(harness(nest11, platform, 'module'))
  conformance(harness(nest11, platform, 'middleware'))
}
for (const version of [10, 12] as const) {
  const nest = loadNest(version)
  moduleSuite(version, () => nest)
  for (const platform of platforms)
    for (const form of ['module', 'middleware'] as const)
      conformance({ ...harness(nest, platform, form), isMinimumVersion: true })
}
