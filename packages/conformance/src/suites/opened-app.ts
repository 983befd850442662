import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll } from 'vitest'
import type { Harness, InMemoryRequest, Parser, Reply, Traits } from '../app/harness.ts'
import { type AppPlan, type Recording, TestApp } from '../app/test-app.ts'
import { Connection } from '../http/connection.ts'

/** An app under test, in this process or in another. */
export interface RemoteApp {
  /** Where it listens, on 127.0.0.1. */
  readonly port: number
  /** The framework's function that responds without a socket, if it has one. */
  readonly inMemory?: (request: InMemoryRequest) => Promise<Reply>
  /** Returns the calls inside the app since the last time. */
  takeRecording(): Recording | Promise<Recording>
  /** See {@link TestApp.release}. */
  release(): void | Promise<void>
  close(): Promise<void>
}

export type OpenApp = (plan: AppPlan) => Promise<RemoteApp>

/** A framework's traits, and the function that opens the suite's app in it. */
export interface Subject extends Traits {
  readonly open: OpenApp
}

/** Opens the suite's app in this process. */
export async function openHere(harness: Harness, plan: AppPlan): Promise<RemoteApp> {
  const app = new TestApp(plan)
  const running = await harness.start(app.setup)
  return {
    ...running,
    takeRecording: () => app.takeRecording(),
    release: () => app.release(),
    async close() {
      await running.close()
      await app.close()
    },
  }
}

/** An app that is open while the tests of its `describe` run. */
export interface OpenedApp {
  running: RemoteApp
  connection: Connection
  standalone: boolean
  isWorker: boolean
}

/** The parts of a plan that tests set; `endpoint` is a function, since it may be known only when the app is opened. */
type PlanParts = Partial<Omit<AppPlan, 'parser' | 'endpoint'>> & { readonly endpoint?: () => string }

/** Opens an app before the tests around it, and closes it after them. */
export function useApp(subject: Subject, parser: Parser, { endpoint = nowhere, ...parts }: PlanParts = {}): OpenedApp {
  const app = { standalone: subject.standalone ?? false, isWorker: subject.isWorker ?? false } as OpenedApp
  beforeAll(async () => {
    app.running = await openAt(subject, { ...parts, parser, endpoint: endpoint() })
    app.connection = new Connection(app.running.port)
  })
  afterAll(async () => {
    app.connection.close()
    await app.running.close()
  })
  return app
}

/** Opens an app by the parts of its plan that differ from the default. */
export function openAt(subject: Subject, parts: Partial<AppPlan>): Promise<RemoteApp> {
  const defaults = { parser: 'none', prefix: '', protocol: 'signed', timeout: 20, endpoint: nowhere() } as const
  return subject.open({ ...defaults, ...parts })
}

const nowhere = () => 'http://127.0.0.1:9'

/** Sends a request and resolves to the response. */
export type Send = (request: InMemoryRequest, chunks?: number) => Promise<Reply>

export function overSocket(app: OpenedApp): Send {
  return (request, chunks) => app.connection.send(request, chunks)
}

/** A connection of its own to an app, for a test that writes bytes. */
export async function openSocket(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** The head of a request by alice. */
export function headOf(path: string, type: string, headers: readonly string[], method = 'POST'): string {
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: 127.0.0.1', `Content-Type: ${type}`, 'X-User: alice', ...headers]
  return `${lines.join('\r\n')}\r\n\r\n`
}

/** Waits until the app's recording fulfils a condition. The recording is taken. */
export async function recordingWith(app: OpenedApp, isThere: (recording: Recording) => boolean): Promise<Recording> {
  for (;;) {
    const recording = await app.running.takeRecording()
    if (isThere(recording)) return recording
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
