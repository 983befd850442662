import { judgeElsewhere } from './elsewhere.ts'

await judgeElsewhere('node-handler')
