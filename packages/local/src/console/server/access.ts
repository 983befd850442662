import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isLoopback } from '../../http/origin-guard.ts'

const cookieName = 'pingerchips_console'

/**
 * Access to the console: for this machine without a token, for others with the token of the printed address. The console
 * shows and does everything, so no other page may use it, not even one of this machine.
 */
export class ConsoleAccess {
  /** In the console's address if the service listens on other addresses than loopback. */
  readonly token: string = randomUUID()

  /** Whether a request may load the page. */
  mayLoad(request: IncomingMessage): boolean {
    const { remoteAddress = '' } = request.socket
    return isLoopback(remoteAddress) || this.#isToken(tokenIn(request)) || this.#isToken(cookieIn(request))
  }

  /** Whether a WebSocket request is of the console's own page. */
  mayConnect(request: IncomingMessage): boolean {
    const { host, origin } = request.headers
    const scheme = 'encrypted' in request.socket && request.socket.encrypted === true ? 'https' : 'http'
    return origin === `${scheme}://${host}` && this.mayLoad(request)
  }

  /** The cookie to set for a page that was loaded with the token. */
  cookieFor(request: IncomingMessage): Record<string, string> {
    if (!this.#isToken(tokenIn(request))) return {}
    return { 'Set-Cookie': `${cookieName}=${this.token}; HttpOnly; SameSite=Strict; Path=/` }
  }

  #isToken(value: string | null | undefined): boolean {
    return typeof value === 'string' && timingSafeEqual(sha256(value), sha256(this.token))
  }
}

function tokenIn({ url = '' }: IncomingMessage): string | null {
  return new URLSearchParams(url.split('?')[1]).get('token')
}

function cookieIn({ headers }: IncomingMessage): string | undefined {
  return new RegExp(`(?:^|; )${cookieName}=([^;]*)`).exec(headers.cookie ?? '')?.[1]
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
