import { invalidArgument } from '@pingerchips/core/adapter'
import { createLocalJWKSet, createRemoteJWKSet, customFetch, errors, type FetchImplementation } from 'jose'
import { BackOff } from './back-off.ts'
import type { KeyFinder } from './key-source.ts'
import { KeysUnavailable } from './keys-unavailable.ts'

/** A key that was withdrawn is accepted for as long, and an outage as long goes unnoticed. */
const cacheMaxAge = 10 * 60_000
/** After keys came, a `kid` that is not among them has them fetched again no sooner: anybody can make one up. */
const cooldownDuration = 30_000
const timeoutDuration = 5_000
const maxAnswerBytes = 256 * 1024

/**
 * The keys of a JSON Web Key Set by its address. jose keeps them and has everybody wait for one fetch (but on Workers,
 * where a request cannot wait for another's); what jose lacks is a failure that is remembered, so that an outage costs
 * one fetch for each interval of the {@link BackOff}.
 *
 * @throws {TypeError} naming `options.jwksUrl`
 */
export function remoteKeys(jwksUrl: unknown): KeyFinder {
  const backOff = new BackOff()
  let lastFailure: unknown
  const fetchUnlessDown: FetchImplementation = async (url, options) => {
    if (backOff.isOn) throw new KeysUnavailable(lastFailure)
    try {
      const keySet = await fetchKeySet(url, options)
      backOff.succeeded()
      return keySet
    } catch (error) {
      backOff.failed()
      lastFailure = isTimeout(error) ? new errors.JWKSTimeout(undefined, { cause: error }) : error
      throw new KeysUnavailable(lastFailure)
    }
  }
  return createRemoteJWKSet(toUrl(jwksUrl), {
    cacheMaxAge,
    cooldownDuration,
    timeoutDuration,
    [customFetch]: fetchUnlessDown,
  })
}

/** Fetches it whole. It is parsed here too, since garbage is an outage as much as no answer is. */
const fetchKeySet: FetchImplementation = async (url, options) => {
  const response = await fetch(url, options)
  if (response.status !== 200) {
    response.body?.cancel().catch(() => {})
    throw new errors.JOSEError(`The key server answered ${response.status}, not 200.`)
  }
  const text = await boundedText(response)
  try {
    createLocalJWKSet(JSON.parse(text))
  } catch (cause) {
    throw new errors.JWKSInvalid('The key server answered 200 with something that is not a JSON Web Key Set.', {
      cause,
    })
  }
  return new Response(text)
}

async function boundedText(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    // Leaving the loop cancels the rest.
    if (size > maxAnswerBytes)
      throw new errors.JWKSInvalid(`The key server answered more than ${maxAnswerBytes} bytes.`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError'
}

function toUrl(value: unknown): URL {
  if (!(value instanceof URL) && (typeof value !== 'string' || !URL.canParse(value)))
    throw invalidArgument('options.jwksUrl', 'must be an absolute URL, as a string or a URL')
  const url = new URL(value)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname)))
    throw invalidArgument(
      'options.jwksUrl',
      'must be https: whoever can change the keys can sign (http to loopback only)',
    )
  if (url.username !== '' || url.password !== '')
    throw invalidArgument('options.jwksUrl', 'must not hold a user name or a password')
  return url
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname)
}
