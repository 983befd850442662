import { program } from '../programs/fetch-handler.ts'
import { judgeElsewhere } from './elsewhere.ts'

judgeElsewhere('fetch-handler', program)
