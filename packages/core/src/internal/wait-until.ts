/** Keeps a runtime going until a promise has settled, as `waitUntil` of Vercel, Netlify and Cloudflare does. */
export type WaitUntil = (promise: Promise<unknown>) => unknown

/** What the platforms put on the global object while a request is handled. */
interface PlatformGlobals {
  /** @see https://github.com/vercel/vercel/blob/main/packages/functions/src/get-context.ts */
  readonly [vercelContext]?: { get?(): { readonly waitUntil?: WaitUntil } | undefined }
  /** @see https://docs.netlify.com/build/functions/api/#netlify-global-object */
  readonly Netlify?: { readonly context?: { readonly waitUntil?: WaitUntil } | null }
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> }
}
const vercelContext: unique symbol = Symbol.for('@vercel/request-context') as never

let hasWarned = false

/**
 * Passes background work to the platform that handles the request. A platform without a `waitUntil` keeps running, but for
 * AWS Lambda: there a warning is logged, once in the process.
 * @param own the app's option
 */
export function extendLifetime(work: Promise<unknown>, own: WaitUntil | undefined): void {
  if (own !== undefined) return void own(work)
  const { [vercelContext]: vercel, Netlify, process } = globalThis as PlatformGlobals
  const context = vercel?.get?.() ?? Netlify?.context
  if (typeof context?.waitUntil === 'function') return void context.waitUntil(work)
  if (hasWarned || process?.env?.AWS_LAMBDA_FUNCTION_NAME === undefined) return
  hasWarned = true
  console.warn(
    'waitUntil() was called on AWS Lambda, which stops the process when the response is sent: the work may be lost. Await the promise before you respond, or pass options.waitUntil.',
  )
}
