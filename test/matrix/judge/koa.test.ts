import { program } from '../programs/koa.ts'
import { judgeElsewhere } from './elsewhere.ts'

judgeElsewhere('koa', program)
