import { Host } from './host.ts'
import { listen } from './listen.ts'
import type { Program } from './program.ts'

declare const Deno: {
  serve(
    options: { port: number; hostname: string; onListen(): void },
    handler: (request: Request) => Response | Promise<Response>,
  ): { readonly addr: { readonly port: number }; shutdown(): Promise<void> }
}

export function run(program: Program): void {
  const { harnesses = [], fetchApps = [] } = program
  const host = new Host(program, [
    ...harnesses,
    ...fetchApps.map((app) => ({
      ...app,
      async start(setup: Parameters<typeof app.build>[0]) {
        const respond = app.build(setup)
        const options = { port: 0, hostname: '127.0.0.1', onListen() {} }
        const server = Deno.serve(options, (request) => respond(request))
        return { port: server.addr.port, close: () => server.shutdown() }
      },
    })),
  ])
  listen((order) => host.obey(order))
}
