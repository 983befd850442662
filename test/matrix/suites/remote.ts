import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Connection, runConformance } from '@pingerchips/conformance'
import type { Recording, Traits } from '@pingerchips/conformance/app'
import { afterAll, inject } from 'vitest'
import { type Running, startUntil } from '../../child.ts'
import type { Opened, Order } from '../programs/host.ts'
import { programFile, type Runtime, runtimes, workerApps } from '../runtimes.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The runtime's id. */
    runtime: string
    /** Where the runtime and the packages are installed. */
    folder: string
  }
}

/** A program on a runtime, and the way to send it orders. */
export interface RemoteProcess {
  /** @throws {Error} with the error of the process */
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
export async function startProcess(program: string): Promise<RemoteProcess> {
  const runtime = runtimeOfProject()
  const cwd = inject('folder')
  const command = runtime.executable(cwd)
  if (runtime.host === 'workerd') return startWorker(program, runtime, cwd, command)
  const running = await startUntil(/obeys on (\d+)/, { command, args: [...runtime.args, programFile(program)], cwd })
  return remoteProcess(Number(running.said), running, (port) => port)
}

async function startWorker(program: string, runtime: Runtime, cwd: string, command: string): Promise<RemoteProcess> {
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
  // workerd prints each socket's port as it opens it; the control socket's is the last.
  const args = ['serve', `${program}.capnp`, '--control-fd=1']
  const running = await startUntil(/^(.*"socket":"control","port":\d+)/s, { command, args, cwd })
  const ports = new Map(
    [...running.said.matchAll(/"socket":"(\w+)","port":(\d+)/g)].map(([, name, port]) => [name, Number(port)]),
  )
  return remoteProcess(ports.get('control') ?? 0, running, (app) => ports.get(`app${app}`) ?? 0)
}

function remoteProcess(port: number, running: Running, portOf: (port: number) => number): RemoteProcess {
  const connection = new Connection(port)
  return {
    portOf,
    async order(order) {
      const body = new TextEncoder().encode(JSON.stringify(order))
      const reply = JSON.parse((await connection.send({ method: 'POST', path: '/', headers: {}, body })).body)
      if (reply !== null && typeof reply.fault === 'string') throw new Error(`In the app's process: ${reply.fault}`)
      return reply
    },
    async stop() {
      connection.close()
      await running.stop()
    },
  }
}

/** Runs the conformance suite for a program's apps on the project's runtime. */
export async function runRemotely(name: string): Promise<void> {
  const remote = await startProcess(name)
  afterAll(() => remote.stop())
  const all = (await remote.order({ do: 'traits' })) as Traits[]
  const isWorker = runtimeOfProject().host === 'workerd'
  // In-memory requests are tested in the adapter's own tests: here the app runs in another process.
  for (const traits of all)
    runConformance({ ...traits, inMemory: false, isRemote: true, isWorker }, async (plan) => {
      const { app, port } = (await remote.order({ do: 'open', harness: traits.name, plan })) as Opened
      return {
        port: remote.portOf(port),
        takeRecording: async () => (await remote.order({ do: 'recording', app })) as Recording,
        release: async () => void (await remote.order({ do: 'release', app })),
        close: async () => void (await remote.order({ do: 'close', app })),
      }
    })
}
