import { conformance } from '@pingerchips/conformance'
import { onNode } from '@pingerchips/conformance/fetch'
import type { Hono } from 'hono'
import { Hono as HonoMin } from 'hono-min'
import { fetchApp } from './app.ts'

// The types belong to another package; they have the same shape.
const app = fetchApp('Hono 4.6.0', HonoMin as unknown as typeof Hono)
conformance({ ...onNode(app), isMinimumVersion: true })
