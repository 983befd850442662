import { harnesses } from '../../../packages/h3/test/app-v1.ts'
import type { Program } from './program.ts'

export const program: Program = { harnesses }
