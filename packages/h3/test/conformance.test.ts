import { conformance } from '@pingerchips/conformance'
import { onNode } from '@pingerchips/conformance/fetch'
import { h3App } from './app.ts'
import { harnesses } from './app-v1.ts'

conformance(onNode(h3App))
// h3 1 has code of its own in the adapter, and is what Nitro and Nuxt install today.
for (const harness of harnesses) conformance(harness)
