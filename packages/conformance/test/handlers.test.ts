import { onNode } from '../src/fetch.ts'
import { conformance } from '../src/index.ts'
import { fetchApps } from './fetch-handler.ts'
import { harnesses } from './node-handler.ts'

for (const harness of harnesses) conformance(harness)
for (const app of fetchApps) conformance(onNode(app))
