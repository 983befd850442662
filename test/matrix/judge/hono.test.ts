import { judgeElsewhere } from './elsewhere.ts'

await judgeElsewhere('hono')
