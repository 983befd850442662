import { conformance } from '@pingerchips/conformance'
import { harnesses } from './app.ts'

for (const harness of harnesses) conformance(harness)
