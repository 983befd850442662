import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type BodyHolder,
  type EndpointResponse,
  fromNodeRequest,
  type IncomingRequest,
  sendNodeResponse,
} from '@pingerchips/core/adapter'

/** Express's request, which is Node's, or Fastify's, which wraps it. */
export type PlatformRequest = (IncomingMessage | { readonly raw: IncomingMessage }) & { readonly body?: unknown }

interface FastifyReply {
  readonly raw: ServerResponse
  code(status: number): FastifyReply
  headers(headers: Readonly<Record<string, string>>): FastifyReply
  send(body: unknown): unknown
}
export type PlatformResponse = ServerResponse | FastifyReply

export function nodeRequestOf(request: PlatformRequest): IncomingMessage {
  return 'raw' in request ? request.raw : request
}

export function incomingRequestOf(request: PlatformRequest, response: PlatformResponse): IncomingRequest {
  const raw = nodeRequestOf(request)
  // With `rawBody: true`, Nest keeps the bytes on the request of the platform.
  return fromNodeRequest(raw, 'raw' in response ? response.raw : response, [request, raw] as BodyHolder[])
}

export function send(response: PlatformResponse, result: EndpointResponse): void {
  if ('raw' in response) response.code(result.status).headers(result.headers).send(result.body)
  else sendNodeResponse(response, result)
}
