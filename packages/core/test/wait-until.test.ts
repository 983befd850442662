import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

const vercel = Symbol.for('@vercel/request-context')
const globals = globalThis as Record<PropertyKey, unknown>

async function makeClient(options: object = {}) {
  // The warning is logged once in the life of the module.
  vi.resetModules()
  const { PingerchipsServer } = await import('../src/index.ts')
  return new PingerchipsServer('3', 'secret', { appKey: 'key', onBackgroundError: () => {}, ...options })
}

describe('client.waitUntil', () => {
  const waitUntil = vi.fn()
  const warn = vi.spyOn(console, 'warn')
  beforeEach(() => {
    waitUntil.mockClear()
    warn.mockReset()
  })
  afterEach(() => {
    delete globals[vercel]
    delete globals.Netlify
    vi.unstubAllEnvs()
  })

  test.each<[string, () => void, object?]>([
    ['Vercel', () => Object.assign(globalThis, { [vercel]: { get: () => ({ waitUntil }) } })],
    ['Netlify', () => Object.assign(globalThis, { Netlify: { context: { waitUntil } } })],
    ['the option', () => Object.assign(globalThis, { Netlify: { context: { waitUntil: vi.fn() } } }), { waitUntil }],
  ])("passes the work to %s's function, on AWS Lambda too, without its error", async (_name, prepare, options) => {
    vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'app')
    prepare()
    const client = await makeClient(options)
    await client.waitUntil(Promise.reject(new Error('lost')))
    expect(waitUntil).toHaveBeenCalledOnce()
    await expect(waitUntil.mock.calls[0]?.[0]).resolves.toBeUndefined()
    expect(warn).not.toHaveBeenCalled()
  })

  test.each([
    ['no context', () => {}],
    ['a context of no request', () => Object.assign(globalThis, { [vercel]: { get: () => undefined } })],
    ['a context without the function', () => Object.assign(globalThis, { Netlify: { context: {} } })],
    ['an empty context', () => Object.assign(globalThis, { [vercel]: {}, Netlify: { context: null } })],
  ])('on AWS Lambda with %s it says once that the promise must be awaited', async (_name, prepare) => {
    vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'app')
    prepare()
    const client = await makeClient()
    for (let n = 0; n < 3; n++) await client.waitUntil(Promise.resolve())
    expect(warn.mock.calls).toEqual([[expect.stringMatching(/AWS Lambda.* Await the promise/)]])
  })

  test('on a server it logs nothing', async () => {
    await (await makeClient()).waitUntil(Promise.resolve())
    expect(warn).not.toHaveBeenCalled()
  })

  test('the option must be a function', async () => {
    await expect(makeClient({ waitUntil: true })).rejects.toThrow(/^options\.waitUntil must be a function/)
  })
})
