import { onNode } from '../src/fetch.ts'
import { conformance } from '../src/index.ts'
import { fetchApp } from './fetch-handler.ts'
import { nodeApp } from './node-handler.ts'

conformance(nodeApp)
conformance(onNode(fetchApp))
