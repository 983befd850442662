import { onNode } from '../src/fetch.ts'
import { conformance } from '../src/index.ts'
import { fetchApp, nodeApp } from './handlers.ts'

conformance(nodeApp)
conformance(onNode(fetchApp))
