export const defaultPort = 6001

export const help: string = `pingerchips-local: a Pingerchips service for this machine. Development, demos and tests; never production.

Usage: npx @pingerchips/local [options]
       npx @pingerchips/local doctor [options]   What is wrong with my environment? See doctor --help.

  --port N             TCP port on 127.0.0.1; 0 lets the system pick. Default ${defaultPort}.
  --app ID:KEY:SECRET  An app to serve; may be repeated. Default: local:local-key:local-secret.
  --json               One line of JSON for whatever happens, the first {"type":"listening",…}: for tests and pipes.
  --open               Opens its console in the browser.
  --help               This text.`
