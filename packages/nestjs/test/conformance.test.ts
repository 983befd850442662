import { conformance } from '@pingerchips/conformance'
import { harness } from './app.ts'
import { nest11, platforms } from './nest.ts'

for (const platform of platforms) {
  conformance(harness(nest11, platform, 'module'))
  conformance(harness(nest11, platform, 'middleware'))
}
