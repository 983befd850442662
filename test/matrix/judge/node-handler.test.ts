import { program } from '../programs/node-handler.ts'
import { judgeElsewhere } from './elsewhere.ts'

judgeElsewhere('node-handler', program)
