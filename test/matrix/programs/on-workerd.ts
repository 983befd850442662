import type { AppSetup } from '@pingerchips/conformance/app'
import type { FetchApp } from '@pingerchips/conformance/fetch'
import { Host } from './host.ts'
import type { Program } from './program.ts'

type Respond = ReturnType<FetchApp['build']>
interface Entrypoint {
  fetch(request: Request, env: unknown, context: unknown): Response | Promise<Response>
}

/** A Worker cannot listen: workerd has sockets enough, each with an entrypoint of the Worker's behind it. */
export class Entrypoints {
  readonly #responds: Respond[] = []
  readonly #host: Host

  constructor(program: Program) {
    const { fetchApps = [] } = program
    this.#host = new Host(
      program,
      fetchApps.map((app) => ({
        ...app,
        start: async (setup: AppSetup) => ({
          port: this.#responds.push(app.build(setup)) - 1,
          close: () => Promise.resolve(),
        }),
      })),
    )
  }

  get control(): Entrypoint {
    return { fetch: async (request) => new Response(await this.#host.obey(await request.text())) }
  }

  app(index: number): Entrypoint {
    return {
      fetch: (request, env, context) =>
        this.#responds[index]?.(request, env, context) ?? new Response(null, { status: 500 }),
    }
  }
}
