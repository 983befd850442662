import { program } from '../programs/h3.ts'
import { judgeElsewhere } from './elsewhere.ts'

judgeElsewhere('h3', program)
