import { conformance } from '@pingerchips/conformance'
import { onNode } from '@pingerchips/conformance/fetch'
import type { H3 } from 'h3'
import * as h3Floor from 'h3-floor'
import * as h3v1 from 'h3v1'
import { H3 as H3v2Floor } from 'h3v2-floor'
import { fetchApp, h3App } from './app.ts'
import { fetchAppV1, harness, harnesses } from './app-v1.ts'

// Their types are other packages': to these tests they are the same.
const h3v2Floor = fetchApp('h3 2.0.1', H3v2Floor as unknown as typeof H3)
const floor = h3Floor as unknown as typeof h3v1

conformance(onNode(h3App))
for (const each of harnesses) conformance(each)
for (const app of [h3v2Floor, fetchAppV1('h3 1, toWebHandler', h3v1)]) conformance({ ...onNode(app), isOld: true })
conformance({ ...harness('h3 1.15.0', floor), isOld: true })
