import { spawn } from 'node:child_process'

const openers: Partial<Record<NodeJS.Platform, readonly [command: string, ...args: string[]]>> = {
  darwin: ['open'],
  // `start` takes its first quoted argument for a title.
  win32: ['cmd', '/c', 'start', ''],
  linux: ['xdg-open'],
}

/** Returns the command that opens a page in the default browser; `undefined` where there is no desktop. */
export function browserOpener(
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): readonly [command: string, ...args: string[]] | undefined {
  if (!isTerminal || env.CI || env.SSH_CONNECTION) return undefined
  if (platform === 'linux' && !env.DISPLAY && !env.WAYLAND_DISPLAY) return undefined
  return openers[platform]
}

/** Opens a page in the default browser, if there is one. */
export function openInBrowser(url: string): void {
  const [command, ...args] = browserOpener(process.platform, process.env, process.stdout.isTTY) ?? []
  if (command === undefined) return
  const child = spawn(command, [...args, url], { stdio: 'ignore', detached: true })
  child.on('error', () => {})
  child.unref()
}
