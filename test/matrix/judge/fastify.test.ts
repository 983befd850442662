import { program } from '../programs/fastify.ts'
import { judgeElsewhere } from './elsewhere.ts'

judgeElsewhere('fastify', program)
