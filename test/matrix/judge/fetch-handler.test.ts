import { judgeElsewhere } from './elsewhere.ts'

await judgeElsewhere('fetch-handler')
