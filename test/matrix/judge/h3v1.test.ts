import { program } from '../programs/h3v1.ts'
import { judgeElsewhere } from './elsewhere.ts'

judgeElsewhere('h3v1', program)
