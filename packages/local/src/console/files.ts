import { readFile } from 'node:fs/promises'
import type { IncomingHttpHeaders } from 'node:http'

/** A file of the console, ready to be sent. */
export interface ConsoleFile {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

// Seen from src as from dist: the page lies beside both, and is compiled into dist.
const pageFolder = new URL('../../src/browser/', import.meta.url)
const scriptFolder = new URL('../../dist/browser/', import.meta.url)

const types = {
  html: { folder: pageFolder, contentType: 'text/html; charset=utf-8' },
  css: { folder: pageFolder, contentType: 'text/css; charset=utf-8' },
  svg: { folder: pageFolder, contentType: 'image/svg+xml' },
  js: { folder: scriptFolder, contentType: 'text/javascript; charset=utf-8' },
}

/**
 * The file of the console at `path`; `undefined` if there is none. `/` is the page for whoever prefers HTML: what a
 * browser asks for when somebody opens it.
 */
export async function consoleFile(path: string, headers: IncomingHttpHeaders): Promise<ConsoleFile | undefined> {
  // No dot and no slash in a name: it cannot lead out of its folder.
  const { name, type } = /^\/console\/(?<name>[a-z-]+)\.(?<type>css|svg|js)$/.exec(path)?.groups ?? {}
  if (path === '/' && headers.accept?.includes('text/html')) return read('console', 'html', headers)
  if (name === undefined || type === undefined) return undefined
  return read(name, type as keyof typeof types, headers)
}

async function read(
  name: string,
  type: keyof typeof types,
  { host }: IncomingHttpHeaders,
): Promise<ConsoleFile | undefined> {
  const { folder, contentType } = types[type]
  const body = await readFile(new URL(`${name}.${type}`, folder)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (body === undefined) return undefined
  return {
    body,
    headers: {
      'Content-Type': contentType,
      'Content-Security-Policy': [
        `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'`,
        // Not every browser counts the WebSocket of the same origin as 'self'. The host has been checked.
        `connect-src 'self' ws://${host}`,
        // What apps and clients send is shown as text: with this, the page could not make HTML of it if it tried.
        `require-trusted-types-for 'script'; trusted-types 'none'`,
        `base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      ].join('; '),
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    },
  }
}
