import { honoApp } from '../../../packages/hono/test/app.ts'
import type { Program } from './program.ts'

export const program: Program = { fetchApps: [honoApp] }
