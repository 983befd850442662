/** Milliseconds that the doctor waits for each response. */
export const requestTimeoutMs = 10_000

/** The app's auth endpoint, and the request to send. */
export interface AuthEndpoint {
  readonly url: URL
  readonly channel: string
  /** Headers of a signed-in user: a cookie, a bearer token. */
  readonly headers: Readonly<Record<string, string>>
  /** The page's origin, if it is not the origin of `url`. */
  readonly origin: string | undefined
}

export interface DoctorRequest {
  readonly url: URL
  readonly method: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface DoctorResponse {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** There was no response. */
export class NoResponseError extends Error {
  override readonly name = 'NoResponseError'
  readonly fix: string

  constructor(found: string, fix: string) {
    super(found)
    this.fix = fix
  }
}

/** Sends one request. A redirect is a response like any other. @throws {NoResponseError} with the cause and the fix */
export async function sendRequest({ url, ...options }: DoctorRequest): Promise<DoctorResponse> {
  try {
    const signal = AbortSignal.timeout(requestTimeoutMs)
    const response = await fetch(url, { ...options, redirect: 'manual', signal })
    return { status: response.status, headers: response.headers, text: await limitedText(response) }
  } catch (error) {
    const { found, fix } = networkProblem(error)
    throw new NoResponseError(`${url.origin} ${found}`, fix)
  }
}

/** Bytes that are read of a response: the server may be anything. */
const maxResponseBytes = 256 * 1024

async function limitedText(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    // Leaving the loop cancels the rest.
    if (size > maxResponseBytes) break
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

interface NetworkProblem {
  /** Continues a sentence that begins with the server's origin. */
  readonly found: string
  readonly fix: string
}

const byCode: Readonly<Record<string, NetworkProblem>> = {
  ECONNREFUSED: { found: 'refuses connections', fix: 'No server listens on that port: start it, or correct the port.' },
  ENOTFOUND: { found: 'has an unknown host name', fix: 'Check the spelling of the host name.' },
  EAI_AGAIN: { found: 'has a host name that could not be looked up', fix: "Check this machine's DNS." },
  CERT_HAS_EXPIRED: { found: 'has a certificate that has expired', fix: 'Renew it.' },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    found: 'has a certificate for another host name',
    fix: 'Correct the host name, or the certificate.',
  },
}

const untrusted: NetworkProblem = {
  found: 'has a certificate that this machine does not trust',
  fix: 'Behind a company proxy, set NODE_EXTRA_CA_CERTS to its root certificate.',
}

/** @param error what `fetch` threw */
function networkProblem(error: unknown): NetworkProblem {
  if (error instanceof Error && error.name === 'TimeoutError')
    return { found: 'does not respond in time', fix: 'A firewall may drop the request.' }
  const code = reasonOf(error)
  if (/SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)/.test(code)) return untrusted
  return byCode[code] ?? { found: `cannot be reached (${code})`, fix: 'Check the network between the two machines.' }
}

/** The system's code, which `fetch` hides one or two causes down; otherwise the message, such as `bad port`. */
function reasonOf(error: unknown): string {
  let message = 'no reason given'
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') return cause.code
    message = cause.message
  }
  return message
}
