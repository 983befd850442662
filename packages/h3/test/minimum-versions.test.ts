import { conformance } from '@pingerchips/conformance'
import { onNode } from '@pingerchips/conformance/fetch'
import type { H3 } from 'h3'
import * as h3Min from 'h3-min'
import * as h3v1 from 'h3v1'
import { H3 as H3v2Min } from 'h3v2-min'
import { fetchApp } from './app.ts'
import { fetchAppV1, harness } from './app-v1.ts'

// The types belong to other packages; they have the same shape.
const h3v2Min = fetchApp('h3 2.0.1', H3v2Min as unknown as typeof H3)
for (const app of [h3v2Min, fetchAppV1('h3 1, toWebHandler', h3v1)])
  conformance({ ...onNode(app), isMinimumVersion: true })
conformance({ ...harness('h3 1.15.0', h3Min as unknown as typeof h3v1), isMinimumVersion: true })
