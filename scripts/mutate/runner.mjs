import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** How many mutants one worker runs. */
const batchSize = 50
/** Milliseconds without a word from the child, after which the mutant at hand is taken for one that never ends. */
const silence = 60_000
/** Bytes of memory over which a child makes room for another: Vite forgets no module that it has had. */
const maxMemory = 800_000_000
/** Fewer random cases than elsewhere, and each time the same ones. */
const env = { ...process.env, FUZZ: '50', FUZZ_CASES: '400', FUZZ_SEED: '1' }

/** Runs tests over mutants, in a child that is made anew when one of them has stopped it. */
export class Runner {
  #child

  /** @returns {Promise<Map<number, string>>} the numbers of the mutants that a test found out, each with the test's name */
  async run(file, mutants, tests) {
    const killed = new Map()
    const queue = []
    for (let number = 0; number < mutants.length; number += batchSize)
      queue.push([...mutants.keys()].slice(number, number + batchSize))
    for (let batch = queue.shift(); batch !== undefined; batch = queue.shift()) {
      // The last one is no mutant: what fails without any was broken by one before.
      const control = mutants.length
      const { found, hung } = await this.#batch({ file, mutants, numbers: [...batch, control], tests })
      if (hung === control || found.has(control)) {
        if (batch.length === 1) throw new Error(`The tests of ${file} fail without a mutant: ${found.get(control)}`)
        console.log(`  the tests fail without a mutant (${found.get(control)}); once more in halves`)
        const half = Math.ceil(batch.length / 2)
        queue.unshift(batch.slice(0, half), batch.slice(half))
        continue
      }
      for (const [number, test] of found) killed.set(number, test)
      if (hung === undefined) continue
      killed.set(hung, 'never ends')
      const rest = batch.slice(batch.indexOf(hung) + 1)
      if (rest.length > 0) queue.unshift(rest)
    }
    return killed
  }

  close() {
    this.#child?.disconnect()
    this.#child = undefined
  }

  async #batch(job) {
    const child = await this.#ready()
    const found = new Map()
    let running
    return new Promise((done, fail) => {
      const end = (hung) => {
        clearTimeout(timer)
        child.removeAllListeners()
        done({ found, hung })
      }
      const giveUp = () => {
        this.#child = undefined
        child.kill('SIGKILL')
        if (running === undefined) fail(new Error(`The tests of ${job.file} did not start.`))
        end(running)
      }
      const timer = setTimeout(giveUp, silence)
      child.on('exit', giveUp)
      child.on('message', ({ started, killed, by, isDone, memory }) => {
        timer.refresh()
        if (isDone) {
          if (memory > maxMemory) this.close()
          end()
        } else if (started !== undefined) running = started
        else found.set(killed, by)
      })
      child.send(job)
    })
  }

  async #ready() {
    if (this.#child === undefined) {
      this.#child = fork(fileURLToPath(new URL('child.mjs', import.meta.url)), { env })
      await once(this.#child, 'message')
    }
    return this.#child
  }
}
