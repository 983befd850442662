import { type App, defaultApp } from '../protocol/credentials.ts'
import type { LocalService } from '../service.ts'

export const defaultPort = 6001

export const help: string = `pingerchips-local: a Pingerchips service for this machine. Development, demos and tests; never production.

Usage: npx @pingerchips/local [options]
       npx @pingerchips/local doctor [options]   Checks your environment. See doctor --help.

  --port N             TCP port; 0 lets the system pick. Default: ${defaultPort}.
  --host ADDRESS       IP address to listen on, such as 0.0.0.0 for phones and containers. Everyone in that network can
                       connect; the console then needs the token of its address. Default: 127.0.0.1.
  --origin ORIGIN      A page's origin to allow besides those of this machine, such as https://my-app.test. May be repeated.
  --tls-cert FILE      Certificate chain in PEM, with --tls-key FILE its private key: https and wss.
  --app-file FILE      An app to serve: a file with PINGERCHIPS_APP_ID, _APP_KEY, _APP_SECRET and, optionally,
                       _API_TOKEN, such as your .env. May be repeated.
  --app ID:KEY:SECRET  The same on the command line, where every user of the machine can read the secret (ps).
                       Default: the app of the PINGERCHIPS_APP_… variables of the environment if all three are set,
                       otherwise local:local-key:local-secret.
  --option NAME=VALUE  An option of startLocal, such as memberLimit=5 or subscriptionCount=true. May be repeated.
  --webhooks URL       Sends webhooks to your app, such as http://localhost:3000/pingerchips/webhooks.
  --webhook-events A,B Sends only these events, such as channel_occupied,member_added. Default: all.
  --json               One line of JSON for each log entry, the first {"type":"listening",…}: for tests and pipes.
  --open               Opens the console in the browser.
  --help               This text.`

/** The lines for a `.env` and for the client. */
export function banner({ url, consoleUrl, host, port, apps }: LocalService): string {
  const [tls, wsPort] = url.startsWith('https') ? ['true', 'wssPort'] : ['false', 'wsPort']
  const place = consoleUrl === url ? 'The console is at the same address.' : `The console is at ${consoleUrl}`
  return `Pingerchips, local, at ${url} (never production). ${place}

${apps.map((app) => environment(app, url)).join('\n\n')}

In the client, with pusher-js:
new Pusher('${apps[0]?.key}', { wsHost: '${host}', ${wsPort}: ${port}, forceTLS: ${tls}, enabledTransports: ['ws'], cluster: 'local', channelAuthorization: { endpoint: '/pingerchips/auth', transport: 'ajax' } })

Ctrl-C stops it.`
}

function environment({ id, key, secret, token }: App, url: string): string {
  // Terminals keep what they show, so only public credentials are printed.
  return [
    `PINGERCHIPS_APP_ID=${id}`,
    `PINGERCHIPS_APP_KEY=${key}`,
    `PINGERCHIPS_APP_SECRET=${secret === defaultApp.secret ? secret : '(as given)'}`,
    ...(token === undefined ? [] : [`PINGERCHIPS_API_TOKEN=${token === defaultApp.token ? token : '(as given)'}`]),
    `PINGERCHIPS_ENDPOINT=${url}`,
  ].join('\n')
}

/** Escapes control characters other than the line feed, as JSON does: a text must not control the terminal. */
export function printable(text: string): string {
  return text.replace(/(?!\n)\p{Cc}/gu, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The message to print for an error that the user can fix. @throws any other error */
export function advice(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const otherPort = 'Choose another, or 0 for a free one: --port 0'
  if (code === 'EADDRINUSE') return `The port is in use. Stop the program that uses it. ${otherPort}`
  if (code === 'EACCES') return `This user may not use the port. ${otherPort}`
  // parseArgs would repeat the argument, and an argument without its `--app` may be a secret.
  if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL')
    return 'An argument has no option before it, such as --app or --port.\n\nAll options: npx @pingerchips/local --help'
  if (error instanceof TypeError)
    return `${error.message}\n\nAll options: npx @pingerchips/local --help, or doctor --help.`
  throw error
}
