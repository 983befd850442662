import { conformance } from '@pingerchips/conformance'
import { onNode } from '@pingerchips/conformance/fetch'
import type { Hono } from 'hono'
import { Hono as HonoFloor } from 'hono-floor'
import { fetchApp, honoApp } from './app.ts'

// Its types are another package's: to these tests it is the same.
const floor = fetchApp('Hono 4.6.0', HonoFloor as unknown as typeof Hono)
conformance(onNode(honoApp))
conformance({ ...onNode(floor), isOld: true })
