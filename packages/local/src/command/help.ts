export const defaultPort = 6001

export const help: string = `pingerchips-local: a Pingerchips service for this machine. Development, demos and tests; never production.

Usage: npx @pingerchips/local [options]
       npx @pingerchips/local doctor [options]   What is wrong with my environment? See doctor --help.

  --port N             TCP port on 127.0.0.1; 0 lets the system pick. Default ${defaultPort}.
  --app-file FILE      An app to serve: a file with PINGERCHIPS_APP_ID, _APP_KEY, _APP_SECRET and, optionally,
                       _API_TOKEN, such as your .env. May be repeated.
  --app ID:KEY:SECRET  The same on the command line, where every user of the machine can read the secret (ps).
                       Default: the app of the PINGERCHIPS_APP_… variables of the environment if all three are set,
                       otherwise local:local-key:local-secret.
  --json               One line of JSON for whatever happens, the first {"type":"listening",…}: for tests and pipes.
  --open               Opens its console in the browser.
  --help               This text.`
