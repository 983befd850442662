import { conformance } from '@pingerchips/conformance'
import { onNode } from '@pingerchips/conformance/fetch'
import { fetchApps } from './app.ts'

for (const app of fetchApps) conformance(onNode(app))
