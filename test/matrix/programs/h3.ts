import { h3App } from '../../../packages/h3/test/app.ts'
import type { Program } from './program.ts'

export const program: Program = { fetchApps: [h3App] }
