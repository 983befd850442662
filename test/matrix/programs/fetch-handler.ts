import { fetchApp } from '../../../packages/conformance/test/fetch-handler.ts'
import type { Program } from './program.ts'

export const program: Program = { fetchApps: [fetchApp] }
