import { readFile } from 'node:fs/promises'
import type { IncomingHttpHeaders } from 'node:http'
import { HttpError } from '../../http/http-error.ts'
import type { PageFiles } from '../../http/router.ts'
import type { ConsoleAccess } from './access.ts'

const types = {
  html: { folder: 'src', contentType: 'text/html; charset=utf-8' },
  css: { folder: 'src', contentType: 'text/css; charset=utf-8' },
  svg: { folder: 'src', contentType: 'image/svg+xml' },
  js: { folder: 'dist', contentType: 'text/javascript; charset=utf-8' },
}

/**
 * Creates the reader of the console's page. `/` is the page for clients that prefer HTML, such as a browser.
 * @param packageFolder the folder with `src`, which has the page, and `dist`, which has its scripts
 */
export function pageFiles(packageFolder: URL, access: ConsoleAccess): PageFiles {
  return async (path, request) => {
    const { headers } = request
    if (path === '/' && headers.accept?.includes('text/html')) {
      if (!access.mayLoad(request)) throw new HttpError(403, 'The console needs the token of the printed address')
      const page = await read(packageFolder, 'console', 'html', headers)
      return page && { ...page, headers: { ...page.headers, ...access.cookieFor(request) } }
    }
    // A name has no dot and no slash: it cannot lead out of its folder.
    const { name, type } = /^\/console\/(?<name>[a-z-]+)\.(?<type>css|svg|js)$/.exec(path)?.groups ?? {}
    if (name === undefined || type === undefined) return undefined
    return read(packageFolder, name, type as keyof typeof types, headers)
  }
}

async function read(
  packageFolder: URL,
  name: string,
  type: keyof typeof types,
  { host }: IncomingHttpHeaders,
): ReturnType<PageFiles> {
  const { folder, contentType } = types[type]
  const file = new URL(`${folder}/console/page/${name}.${type}`, packageFolder)
  const body = await readFile(file).catch((error: NodeJS.ErrnoException) => {
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
        // Some browsers do not count the WebSocket of the same origin as 'self'. The Host has been checked.
        `connect-src 'self' ws://${host} wss://${host}`,
        // Texts of apps and clients are shown as text: with this the page could not parse them as HTML.
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
