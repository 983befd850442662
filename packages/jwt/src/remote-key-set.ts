import { invalidArgument } from '@pingerchips/core/adapter'
import { createRemoteJWKSet, customFetch, errors, type FetchImplementation } from 'jose'
import type { JwtAlgorithm } from './algorithms.ts'
import { type KeyFinder, KeySet } from './key-set.ts'
import { JwksUnavailableError } from './rejection.ts'

/** A withdrawn key is accepted for as long, and the app survives an outage of the key server for as long. */
const cacheMaxAge = 10 * 60_000
/** Minimum time between two fetches for an unknown `kid`, which anyone can make up. */
const cooldownDuration = 30_000
const timeoutDuration = 5_000
const maxResponseBytes = 256 * 1024

/**
 * The keys of a JSON Web Key Set at a URL. jose caches them and shares one fetch between concurrent requests (except
 * on Workers, where a request cannot wait for another's). This adds a cooldown after failures, so that an outage costs
 * one fetch for each interval, and drops weak keys.
 *
 * @throws {TypeError} naming `options.jwksUrl`
 */
export function remoteKeys(jwksUrl: unknown, algorithms: readonly JwtAlgorithm[], allowHttp: boolean): KeyFinder {
  const cooldown = new Cooldown()
  let lastFailure: unknown
  let fetched: KeySet | undefined
  const fetchKeys: FetchImplementation = async (url, options) => {
    if (cooldown.isActive) throw new JwksUnavailableError(lastFailure)
    try {
      fetched = parse(await fetchText(url, options), algorithms)
      cooldown.succeeded()
      return Response.json(fetched.keys)
    } catch (error) {
      cooldown.failed()
      lastFailure = isTimeout(error) ? new errors.JWKSTimeout(undefined, { cause: error }) : error
      throw new JwksUnavailableError(lastFailure)
    }
  }
  const find = createRemoteJWKSet(toUrl(jwksUrl, allowHttp), {
    cacheMaxAge,
    cooldownDuration,
    timeoutDuration,
    [customFetch]: fetchKeys,
  })
  return (header, token) =>
    find(header, token).catch((error) => {
      if (fetched === undefined) throw error
      return fetched.findUnnamed(error, header, token)
    })
}

const firstInterval = 2_000
const longestInterval = 30_000

/** Time without requests after a failure: 2 seconds, doubled after each further failure, at most 30. */
class Cooldown {
  #failures = 0
  #until = 0

  /** Uses the monotonic clock: a correction of the system time must not extend it. */
  get isActive(): boolean {
    return performance.now() < this.#until
  }

  failed(): void {
    this.#until = performance.now() + Math.min(longestInterval, firstInterval * 2 ** this.#failures++)
  }

  succeeded(): void {
    this.#failures = 0
  }
}

async function fetchText(...[url, options]: Parameters<FetchImplementation>): Promise<string> {
  const response = await fetch(url, options)
  if (response.status !== 200) {
    response.body?.cancel().catch(() => {})
    throw new errors.JOSEError(`The key server responded with status ${response.status}. Expected 200.`)
  }
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    // Leaving the loop cancels the rest.
    if (size > maxResponseBytes)
      throw new errors.JWKSInvalid(`The response of the key server is larger than ${maxResponseBytes} bytes.`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/** Parses here and not in jose, since a malformed response is an outage too. */
function parse(text: string, algorithms: readonly JwtAlgorithm[]): KeySet {
  try {
    return new KeySet(JSON.parse(text), algorithms)
  } catch (cause) {
    throw new errors.JWKSInvalid('The response of the key server is not a JSON Web Key Set.', { cause })
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError'
}

function toUrl(value: unknown, allowHttp: boolean): URL {
  const argument = 'options.jwksUrl'
  if (!(value instanceof URL) && (typeof value !== 'string' || !URL.canParse(value)))
    throw invalidArgument(argument, 'must be an absolute URL, as a string or a URL.')
  const url = new URL(value)
  const isAllowed = url.protocol === 'https:' || (url.protocol === 'http:' && (allowHttp || isLoopback(url.hostname)))
  if (!isAllowed)
    throw invalidArgument(
      argument,
      'must be https, or http to loopback. For plain http inside a trusted network, set allowHttp: true. An attacker who can change the keys can sign tokens.',
    )
  if (url.username !== '' || url.password !== '')
    throw invalidArgument(argument, 'must not contain a user name or a password.')
  return url
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname)
}
