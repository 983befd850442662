import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { PingerchipsServer, type WebhookEvent } from '@pingerchips/core'
import { fetchHandler } from '@pingerchips/core/fetch'
import { nodeHandler } from '@pingerchips/core/node'
import { pingerchips as forExpress } from '@pingerchips/express'
import { pingerchips as forFastify } from '@pingerchips/fastify'
import { pingerchips as forHono } from '@pingerchips/hono'
import { pingerchips as forKoa } from '@pingerchips/koa'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { handle } from 'hono/aws-lambda'
import Koa from 'koa'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { snippetsOf } from './snippets.ts'

// The adapters by which apps run on AWS Lambda, Azure Functions and restify pass bodies in their own ways: a stream, a
// Buffer in `req.body`, text, or a Request of a class of their own.
const require = createRequire(new URL('heavy/package.json', import.meta.url))

const client = new PingerchipsServer('3', 'secret', { appKey: 'key' })
const handled: WebhookEvent[] = []
const options = {
  client,
  authorize: () => true,
  webhooks: { handler: (events: readonly WebhookEvent[]) => void handled.push(...events) },
}

/** One request, as each platform describes it. */
interface Post {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const form = 'socket_id=1.1&channel_name=private-a'
const requests: readonly (readonly [string, Post])[] = [
  post('auth', 'application/x-www-form-urlencoded', form),
  post('auth', 'application/json', '{"socket_id":"1.1","channel_name":"private-a"}'),
  // As pusher-js sends a form if the app has a header `Content-Type` of its own.
  post('auth', 'application/x-www-form-urlencoded, application/json', form),
]
function post(route: string, type: string, body: string): readonly [string, Post] {
  const headers = { host: 'app.example', 'content-type': type, 'content-length': String(Buffer.byteLength(body)) }
  return [type, { path: `/pingerchips/${route}`, headers, body }]
}

/** With a line break in the JSON: it must be verified as it was sent. */
function webhook(channel: string): Post {
  const body = JSON.stringify({ time_ms: Date.now(), events: [{ name: 'channel_occupied', channel }] }, undefined, 1)
  const signature = createHmac('sha256', 'secret').update(body).digest('hex')
  const [, { path, headers }] = post('webhooks', 'application/json', body)
  return { path, headers: { ...headers, 'x-pusher-key': 'key', 'x-pusher-signature': signature }, body }
}

/** The events of AWS Lambda, each with the body as text and as base64. */
const lambdaEvents: Readonly<Record<string, (post: Post) => object>> = {
  'HTTP API': ({ path, headers, body }) => ({
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: '',
    headers,
    requestContext: {
      http: { method: 'POST', path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: '' },
      stage: '$default',
      routeKey: '$default',
    },
    body,
    isBase64Encoded: false,
  }),
  'REST API': ({ path, headers, body }) => ({
    resource: '/{proxy+}',
    path,
    httpMethod: 'POST',
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    requestContext: { path, httpMethod: 'POST', stage: 'prod', identity: { sourceIp: '192.0.2.1' } },
    body,
    isBase64Encoded: false,
  }),
  'a load balancer': ({ path, headers, body }) => ({
    requestContext: { elb: { targetGroupArn: 'arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/a/b' } },
    httpMethod: 'POST',
    path,
    queryStringParameters: {},
    headers,
    body,
    isBase64Encoded: false,
  }),
}
const asBase64 = (post: Post, event: (post: Post) => object) => ({
  ...event({ ...post, body: Buffer.from(post.body).toString('base64') }),
  isBase64Encoded: true,
})

type LambdaHandler = (event: object, context: object) => Promise<{ statusCode: number; body: string }>

const koa = () => new Koa().use(forKoa(options))
const fastify = () => {
  const app = Fastify()
  app.register(forFastify, { ...options })
  return app
}
const readyFastify = async () => {
  const app = fastify()
  await app.ready()
  return app
}
const vendia = require('@vendia/serverless-express')
const codegenie = require('@codegenie/serverless-express')
const serverlessHttp = require('serverless-http')
const { ServerlessAdapter } = require('@h4ad/serverless-adapter')
function h4ad(app: unknown, framework: string): LambdaHandler {
  const part = (name: string) => require(`@h4ad/serverless-adapter/${name}`)
  const Framework = part(`frameworks/${framework.toLowerCase()}`)[`${framework}Framework`]
  const { ApiGatewayV1Adapter, ApiGatewayV2Adapter, AlbAdapter } = part('adapters/aws')
  return ServerlessAdapter.new(app)
    .setFramework(new Framework())
    .setHandler(new (part('handlers/default').DefaultHandler)())
    .setResolver(new (part('resolvers/promise').PromiseResolver)())
    .addAdapter(new ApiGatewayV2Adapter())
    .addAdapter(new ApiGatewayV1Adapter())
    .addAdapter(new AlbAdapter())
    .build()
}

const lambdaApps: Readonly<Record<string, () => LambdaHandler | Promise<LambdaHandler>>> = {
  'Express with serverless-http': () => serverlessHttp(express().use(forExpress(options))),
  'Koa with serverless-http': () => serverlessHttp(koa()),
  'Fastify with serverless-http': async () => serverlessHttp(await readyFastify()),
  'nodeHandler with serverless-http': () => serverlessHttp(nodeHandler(options)),
  'Express with @vendia/serverless-express': () => vendia({ app: express().use(forExpress(options)) }),
  'Express with @codegenie/serverless-express': () => codegenie({ app: express().use(forExpress(options)) }),
  'Koa with @codegenie/serverless-express': () => codegenie({ app: koa().callback() }),
  'Express with @h4ad/serverless-adapter': () => h4ad(express().use(forExpress(options)), 'Express'),
  'Koa with @h4ad/serverless-adapter': () => h4ad(koa(), 'Koa'),
  'Fastify with @h4ad/serverless-adapter': () => h4ad(fastify(), 'Fastify'),
  'Hono with hono/aws-lambda': () => handle(new Hono().use(forHono(options))) as unknown as LambdaHandler,
}

describe.each(Object.entries(lambdaApps))('AWS Lambda: %s', (_name, start) => {
  const context = { awsRequestId: '1', functionName: 'app', getRemainingTimeInMillis: () => 1000 }

  describe.each(Object.entries(lambdaEvents))('an event of %s', (gateway, event) => {
    test.each(requests)('is signed for: %s', async (_type, request) => {
      const handler = await start()
      for (const sent of [event(request), asBase64(request, event)]) {
        const { statusCode, body } = await handler(sent, context)
        expect([statusCode, JSON.parse(body)]).toEqual([200, client.authenticate('1.1', 'private-a')])
      }
    })

    test('has the bytes of a webhook', async () => {
      const handler = await start()
      for (const [index, send] of [event, (post: Post) => asBase64(post, event)].entries()) {
        const channel = `private-${gateway.replaceAll(' ', '-')}-${index}`
        const { statusCode, body } = await handler(send(webhook(channel)), context)
        expect([statusCode, body]).toEqual([200, '{}'])
        expect(handled.at(-1)).toMatchObject({ channel })
      }
    })
  })
})

describe('Azure Functions 4: fetchHandler', () => {
  const { HttpRequest, HttpResponse } = require('@azure/functions')
  const invoke = async ({ path, headers, body }: Post, kind: 'string' | 'bytes') => {
    const url = `https://app.example/api${path}`
    const data = kind === 'string' ? { string: body } : { bytes: Buffer.from(body) }
    const request = new HttpRequest({ method: 'POST', url, headers, body: data, query: {}, params: {} })
    const response = new HttpResponse(await fetchHandler(options)(request, { invocationId: '1' }))
    return [response.status, response.headers.get('cache-control'), await response.json()]
  }

  test.each(requests)('a request is signed for: %s', async (_type, request) => {
    for (const kind of ['string', 'bytes'] as const)
      expect(await invoke(request, kind)).toEqual([200, 'no-store', client.authenticate('1.1', 'private-a')])
  })

  test('a webhook is verified by its bytes', async () => {
    expect(await invoke(webhook('private-azure'), 'bytes')).toEqual([200, 'no-store', {}])
    expect(handled.at(-1)).toMatchObject({ channel: 'private-azure' })
  })
})

describe('restify: server.post(path, nodeHandler(…))', () => {
  const restify = require('restify')
  const send = async (hasParser: boolean, { path, headers, body }: Post) => {
    const server = restify.createServer()
    // It keeps the fields of a body as `req.body`, and its bytes as `req.rawBody`.
    if (hasParser) server.use(restify.plugins.bodyParser())
    const handler = nodeHandler(options)
    for (const route of ['auth', 'webhooks']) server.post(`/pingerchips/${route}`, handler)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    try {
      const { 'content-length': _length, host: _host, ...others } = headers
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
      const response = await fetch(url, { method: 'POST', headers: others, body })
      return [response.status, await response.json()]
    } finally {
      server.server.closeAllConnections()
      server.close()
    }
  }

  describe.each([false, true])('with its body parser: %s', (hasParser) => {
    test.each(requests.slice(0, 2))('a request is signed for: %s', async (_type, request) => {
      expect(await send(hasParser, request)).toEqual([200, client.authenticate('1.1', 'private-a')])
    })

    test('a webhook is verified by its bytes', async () => {
      expect(await send(hasParser, webhook(`private-restify-${hasParser}`))).toEqual([200, {}])
      expect(handled.at(-1)).toMatchObject({ channel: `private-restify-${hasParser}` })
    })
  })
})

test('docs/runtimes.md: the handler for a Lambda event without a framework', async () => {
  const [snippet] = snippetsOf('docs/runtimes.md').filter(({ name }) => name === 'lambda')
  const file = fileURLToPath(new URL('.generated-lambda.ts', import.meta.url))
  writeFileSync(file, snippet?.code ?? '')
  onTestFinished(() => rmSync(file))
  const env = { APP_ID: '3', APP_KEY: 'key', APP_SECRET: 'secret' }
  for (const [name, value] of Object.entries(env)) vi.stubEnv(`PINGERCHIPS_${name}`, value)
  onTestFinished(() => void vi.unstubAllEnvs())
  const { handler }: { handler: LambdaHandler } = await import(file)
  const [, { path, headers, body }] = post('auth', 'application/x-www-form-urlencoded', form.replace('-a', '-user-ada'))
  for (const [token, status] of [
    ['token-of-ada', 200],
    ['another', 403],
  ] as const) {
    const request = { path, headers: { ...headers, authorization: `Bearer ${token}` }, body }
    const event = lambdaEvents['HTTP API'] as (post: Post) => { requestContext: object }
    for (const sent of [event(request), asBase64(request, event)]) {
      Object.assign((sent as { requestContext: object }).requestContext, { domainName: 'app.example' })
      expect((await handler(sent, {})).statusCode).toBe(status)
    }
  }
})
