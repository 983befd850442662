import { type Framework, serve, type Variant } from './servers.ts'

const [framework, variant] = process.argv.slice(2)
await serve(framework as Framework, variant as Variant)
