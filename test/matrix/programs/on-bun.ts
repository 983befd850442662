import { Host } from './host.ts'
import { listen } from './listen.ts'
import type { Program } from './program.ts'

declare const Bun: {
  serve(options: { port: number; hostname: string; fetch(request: Request): Response | Promise<Response> }): {
    readonly port: number
    stop(closeConnections: boolean): Promise<void>
  }
}

export function run(program: Program): void {
  const { harnesses = [], fetchApps = [] } = program
  const host = new Host(program, [
    ...harnesses,
    ...fetchApps.map((app) => ({
      ...app,
      async start(setup: Parameters<typeof app.build>[0]) {
        const respond = app.build(setup)
        const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: (request) => respond(request) })
        return { port: server.port, close: () => server.stop(true) }
      },
    })),
  ])
  listen((order) => host.obey(order))
}
