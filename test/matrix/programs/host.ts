import { type AppPlan, type Harness, type RunningApp, TestApp } from '@pingerchips/conformance/app'
import type { Program } from './program.ts'

/** An order of the suite to the process of the apps. */
export type Order =
  | { readonly do: 'open'; readonly harness: string; readonly plan: AppPlan }
  | { readonly do: 'traits' }
  | { readonly do: 'vectors' }
  | { readonly do: 'recording' | 'release' | 'close'; readonly app: number }

/** An app that was opened: its number, and where it listens. */
export interface Opened {
  readonly app: number
  readonly port: number
}

/** Runs the apps of one process, and does what the suite orders. */
export class Host {
  readonly #harnesses: readonly Harness[]
  readonly #vectors: Program['vectors']
  readonly #apps: { readonly testApp: TestApp; readonly running: RunningApp }[] = []

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
    // JSON.stringify leaves their functions out.
    if (order.do === 'traits') return this.#harnesses
    if (order.do === 'vectors') return this.#vectors?.()
    const app = this.#apps[order.app]
    if (app === undefined) throw new Error(`There is no app ${order.app}.`)
    const { testApp, running } = app
    if (order.do === 'recording') return testApp.takeRecording()
    if (order.do === 'release') return testApp.release()
    await running.close()
    return testApp.close()
  }

  async #open(name: string, plan: AppPlan): Promise<Opened> {
    const harness = this.#harnesses.find((one) => one.name === name)
    if (harness === undefined) throw new Error(`There is no harness '${name}'.`)
    const testApp = new TestApp(plan)
    const running = await harness.start(testApp.setup)
    return { app: this.#apps.push({ testApp, running }) - 1, port: running.port }
  }
}
