import { runPlatforms } from './platforms/run-platform.ts'

runPlatforms('all')
