import { judgeElsewhere } from './elsewhere.ts'

await judgeElsewhere('h3')
