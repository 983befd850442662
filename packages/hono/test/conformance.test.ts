import { conformance } from '@pingerchips/conformance'
import { onNode } from '@pingerchips/conformance/fetch'
import { honoApp } from './app.ts'

conformance(onNode(honoApp))
