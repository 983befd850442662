import { harnesses } from '../../../packages/express/test/app.ts'
import type { Program } from './program.ts'

export const program: Program = { harnesses }
