import { harnesses } from '../../../packages/koa/test/app.ts'
import type { Program } from './program.ts'

export const program: Program = { harnesses }
