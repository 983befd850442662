import { harnesses } from '../../../packages/fastify/test/app.ts'
import type { Program } from './program.ts'

export const program: Program = { harnesses }
