import { type AppPlan, type Harness, PlannedApp, type RunningApp } from '@pingerchips/conformance/app'
import type { Program } from './program.ts'

/** What the judge tells a process. */
export type Order =
  | { readonly do: 'open'; readonly harness: string; readonly plan: AppPlan }
  | { readonly do: 'traits' }
  | { readonly do: 'vectors' }
  | { readonly do: 'journal' | 'release' | 'close'; readonly app: number }

/** An app that was opened: its number, and where it listens. */
export interface Opened {
  readonly app: number
  readonly port: number
}

/** Has the apps of one process, and does with them what the judge says. */
export class Host {
  readonly #harnesses: readonly Harness[]
  readonly #vectors: Program['vectors']
  readonly #apps: { readonly planned: PlannedApp; readonly running: RunningApp }[] = []

  /** @param harnesses the program's own, and its fetch apps as this runtime serves them */
  constructor({ vectors }: Program, harnesses: readonly Harness[]) {
    this.#harnesses = harnesses
    this.#vectors = vectors
  }

  /** @param order JSON of an {@link Order} @returns JSON */
  async obey(order: string): Promise<string> {
    try {
      return JSON.stringify((await this.#do(JSON.parse(order))) ?? null)
    } catch (error) {
      return JSON.stringify({ fault: error instanceof Error ? error.stack : String(error) })
    }
  }

  async #do(order: Order): Promise<unknown> {
    if (order.do === 'open') return this.#open(order.harness, order.plan)
    // As JSON they are what the judge has to know of them: how each is started is no JSON.
    if (order.do === 'traits') return this.#harnesses
    if (order.do === 'vectors') return this.#vectors?.()
    const app = this.#apps[order.app]
    if (app === undefined) throw new Error(`There is no app ${order.app}.`)
    const { planned, running } = app
    if (order.do === 'journal') return planned.takeJournal()
    if (order.do === 'release') return planned.release()
    await running.close()
    return planned.close()
  }

  async #open(name: string, plan: AppPlan): Promise<Opened> {
    const harness = this.#harnesses.find((one) => one.name === name)
    if (harness === undefined) throw new Error(`There is no harness '${name}'.`)
    const planned = new PlannedApp(plan)
    const running = await harness.start(planned.setup)
    return { app: this.#apps.push({ planned, running }) - 1, port: running.port }
  }
}
