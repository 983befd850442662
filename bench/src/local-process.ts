import { startLocal } from '@pingerchips/local'

/** What it tells the parent: where it is, then on any message what it holds after a collection. */
export type LocalReport = { readonly url: string; readonly port: number } | NodeJS.MemoryUsage

const { url, port } = await startLocal()
const report = (message: LocalReport) => process.send?.(message)

process.on('message', () => {
  globalThis.gc?.()
  report(process.memoryUsage())
})
process.once('disconnect', () => process.exit())
report({ url, port })
