import { program } from '../programs/express.ts'
import { judgeElsewhere } from './elsewhere.ts'

judgeElsewhere('express', program)
