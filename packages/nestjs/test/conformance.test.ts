import { conformance } from '@pingerchips/conformance'
import { harness } from './app.ts'
import { nest11 } from './nest.ts'

// The other platform, the middleware and the other versions are in minimum-versions.test.ts.
conformance(harness(nest11, 'Express', 'module'))
