import { type App, defaultApp } from '../app.ts'
import type { LocalService } from '../service.ts'

/** How to reach the service: the lines for a `.env`, and those of the client. */
export function banner({ url, host, port, apps }: LocalService): string {
  return `Pingerchips, local, at ${url} (never production); its console is there too

${apps.map((app) => environment(app, url)).join('\n\n')}

In the client, with pusher-js:
new Pusher('${apps[0]?.key}', { wsHost: '${host}', wsPort: ${port}, forceTLS: false, enabledTransports: ['ws'], cluster: 'local', channelAuthorization: { endpoint: '/pingerchips/auth', transport: 'ajax' } })

Ctrl-C stops it.`
}

function environment({ id, key, secret, token }: App, url: string): string {
  return [
    `PINGERCHIPS_APP_ID=${id}`,
    `PINGERCHIPS_APP_KEY=${key}`,
    // Only one that everybody knows is shown: who gave another has it, and a terminal keeps what it shows.
    `PINGERCHIPS_APP_SECRET=${secret === defaultApp.secret ? secret : '(as given)'}`,
    ...(token === undefined ? [] : [`PINGERCHIPS_API_TOKEN=${token === defaultApp.token ? token : '(as given)'}`]),
    `PINGERCHIPS_ENDPOINT=${url}`,
  ].join('\n')
}
