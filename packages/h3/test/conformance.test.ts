import { conformance } from '@pingerchips/conformance'
import { onNode } from '@pingerchips/conformance/fetch'
import { fetchApps } from './app.ts'
import { harnesses } from './app-v1.ts'

for (const app of fetchApps) conformance(onNode(app))
// h3 1 has code of its own in the adapter, and is what Nitro and Nuxt install today.
for (const harness of harnesses) conformance(harness)
