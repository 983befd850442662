import { createHmac } from 'node:crypto'
import { onDecision } from './state/decisions.ts'

/** Where decisions are reported to, and the app's credentials. */
export interface ReportOptions {
  /** `PINGERCHIPS_ENDPOINT`: the address of the local service. Only loopback addresses are used. */
  readonly endpoint: string
  readonly appKey: string
  readonly appSecret: string
}

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/**
 * Reports the decisions of this process's auth endpoints to a local service, which explains them in its console. Nothing
 * is sent if the endpoint is not on this machine, or in production (`NODE_ENV`). Reports contain no secret and no value
 * of a credential.
 *
 * @returns a function that ends it
 * @example
 * ```ts
 * import { reportDecisions } from '@pingerchips/local/report'
 *
 * reportDecisions({ endpoint: 'http://127.0.0.1:6001', appKey: 'local-key', appSecret: 'local-secret' })
 * ```
 */
export function reportDecisions({ endpoint, appKey, appSecret }: ReportOptions): () => void {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined
  if (process.env.NODE_ENV === 'production' || url === undefined || !loopback.test(url.hostname)) return () => {}
  return onDecision((decision) => {
    const body = JSON.stringify(decision)
    const signature = createHmac('sha256', appSecret).update(body).digest('hex')
    const headers = { 'content-type': 'application/json', 'x-app-key': appKey, 'x-signature': signature }
    // The app works without the service.
    fetch(new URL('/decisions', url), { method: 'POST', headers, body, signal: AbortSignal.timeout(2000) }).catch(
      () => {},
    )
  })
}

const { PINGERCHIPS_ENDPOINT, PINGERCHIPS_APP_KEY, PINGERCHIPS_APP_SECRET } = process.env
if (PINGERCHIPS_ENDPOINT && PINGERCHIPS_APP_KEY && PINGERCHIPS_APP_SECRET)
  reportDecisions({
    endpoint: PINGERCHIPS_ENDPOINT,
    appKey: PINGERCHIPS_APP_KEY,
    appSecret: PINGERCHIPS_APP_SECRET,
  })
