/** What to print for a failure that has a mend. @throws what has none */
export function advice(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const elsewhere = 'Choose another, or 0 for a free one: --port 0'
  if (code === 'EADDRINUSE') return `The port is taken. Stop what listens there. ${elsewhere}`
  if (code === 'EACCES') return `The port may not be used by this user. ${elsewhere}`
  // parseArgs would repeat the argument, and one without its `--app` may hold a secret.
  if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL')
    return 'An argument has no option in front of it, such as --app or --port.\n\nAll options: npx @pingerchips/local --help'
  if (error instanceof TypeError)
    return `${error.message}\n\nAll options: npx @pingerchips/local --help, or doctor --help.`
  throw error
}
