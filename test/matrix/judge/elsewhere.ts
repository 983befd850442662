import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Connection, runConformance } from '@pingerchips/conformance'
import type { Recording, Traits } from '@pingerchips/conformance/app'
import { afterAll, inject } from 'vitest'
import { type Running, startUntil } from '../../child.ts'
import type { Opened, Order } from '../programs/host.ts'
import { type ProgramName, programFile, type Runtime, runtimes, workerApps } from '../runtimes.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The row that a project is. */
    runtime: string
    /** Where everything of the row is installed. */
    folder: string
  }
}

/** A program on a runtime, and the way to tell it something. */
export interface Elsewhere {
  /** @throws {Error} with what went wrong there */
  order(order: Order): Promise<unknown>
  /** The port of a socket that an app says it listens on. */
  portOf(port: number): number
  stop(): Promise<void>
}

export function runtimeOfProject(): Runtime {
  const runtime = runtimes.find(({ id }) => id === inject('runtime'))
  if (runtime === undefined) throw new Error(`There is no runtime '${inject('runtime')}'.`)
  return runtime
}

/** Starts a program on the project's runtime. */
export async function startElsewhere(program: ProgramName): Promise<Elsewhere> {
  const runtime = runtimeOfProject()
  const cwd = inject('folder')
  const command = runtime.executable(cwd)
  if (runtime.host === 'workerd') return startWorker(program, runtime, cwd, command)
  const running = await startUntil(/obeys on (\d+)/, { command, args: [...runtime.args, programFile(program)], cwd })
  return elsewhere(Number(running.said), running, (port) => port)
}

async function startWorker(program: ProgramName, runtime: Runtime, cwd: string, command: string): Promise<Elsewhere> {
  const apps = Array.from({ length: workerApps }, (_, index) => `app${index}`)
  const socket = (name: string, entrypoint: string) =>
    `(name = "${name}", address = "127.0.0.1:0", http = (), service = (name = "app"${entrypoint}))`
  await writeFile(
    join(cwd, `${program}.capnp`),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "app", worker = .app), (name = "internet", network = (allow = ["public", "local"]))],
  sockets = [${[...apps.map((name) => socket(name, `, entrypoint = "${name}"`)), socket('control', '')].join(', ')}],
);
const app :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "${program}.bundle.js")], ${runtime.compatibility});`,
  )
  // It tells each socket's port as it opens it; the control's is the last.
  const args = ['serve', `${program}.capnp`, '--control-fd=1']
  const running = await startUntil(/^(.*"socket":"control","port":\d+)/s, { command, args, cwd })
  const ports = new Map(
    [...running.said.matchAll(/"socket":"(\w+)","port":(\d+)/g)].map(([, name, port]) => [name, Number(port)]),
  )
  return elsewhere(ports.get('control') ?? 0, running, (app) => ports.get(`app${app}`) ?? 0)
}

function elsewhere(port: number, running: Running, portOf: (port: number) => number): Elsewhere {
  const connection = new Connection(port)
  return {
    portOf,
    async order(order) {
      const body = new TextEncoder().encode(JSON.stringify(order))
      const answer = JSON.parse((await connection.send({ method: 'POST', path: '/', headers: {}, body })).body)
      if (answer !== null && typeof answer.fault === 'string') throw new Error(`There: ${answer.fault}`)
      return answer
    },
    async stop() {
      connection.close()
      await running.stop()
    },
  }
}

/** Judges a program's apps where the project's runtime runs them. */
export async function judgeElsewhere(name: ProgramName): Promise<void> {
  const there = await startElsewhere(name)
  afterAll(() => there.stop())
  const all = (await there.order({ do: 'traits' })) as Traits[]
  const isWorker = runtimeOfProject().host === 'workerd'
  // What a framework does without a socket, its own tests judge: here it runs in another process.
  for (const traits of all)
    runConformance({ ...traits, inMemory: false, isRemote: true, isWorker }, async (plan) => {
      const { app, port } = (await there.order({ do: 'open', harness: traits.name, plan })) as Opened
      return {
        port: there.portOf(port),
        takeRecording: async () => (await there.order({ do: 'recording', app })) as Recording,
        release: async () => void (await there.order({ do: 'release', app })),
        close: async () => void (await there.order({ do: 'close', app })),
      }
    })
}
