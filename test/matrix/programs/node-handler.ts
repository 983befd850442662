import { nodeApp } from '../../../packages/conformance/test/node-handler.ts'
import type { Program } from './program.ts'

export const program: Program = { harnesses: [nodeApp] }
