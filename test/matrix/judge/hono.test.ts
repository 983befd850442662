import { program } from '../programs/hono.ts'
import { judgeElsewhere } from './elsewhere.ts'

judgeElsewhere('hono', program)
