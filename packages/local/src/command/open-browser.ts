import { spawn } from 'node:child_process'

const openers: Partial<Record<NodeJS.Platform, readonly [command: string, ...args: string[]]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
}

/** Opens a URL in the user's browser, or says on standard error that it could not. */
export function openBrowser(url: string): void {
  const [command, ...args] = openers[process.platform] ?? ['xdg-open']
  const sorry = (): void => console.error(`No browser could be opened here. Open ${url} yourself.`)
  const opener = spawn(command, [...args, url], { stdio: 'ignore', detached: true })
  opener.once('error', sorry)
  opener.once('exit', (code) => {
    if (code !== 0) sorry()
  })
  opener.unref()
}
