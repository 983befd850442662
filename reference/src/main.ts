import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { reference } from './reference.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const pages = reference(root)
rmSync(`${root}docs/api`, { recursive: true, force: true })
mkdirSync(`${root}docs/api`, { recursive: true })
for (const [name, text] of pages) writeFileSync(`${root}docs/api/${name}`, text)
