import { EndpointResponse, errorResponses, internalError } from './responses.ts'

/** Calls of `authorize` that one batch has in progress at once. */
const maxConcurrency = 10

/**
 * Responds to a batch in the format of pusher-js-auth: a status for each channel, and for a success its data. A refusal has
 * no reason, except that of `deny()`.
 * @param decide the response for one channel; must not reject
 */
export async function respondToBatch(
  channels: readonly string[],
  decide: (channel: string) => Promise<EndpointResponse>,
): Promise<EndpointResponse> {
  const responses: EndpointResponse[] = []
  const queue = channels.entries()
  const worker = async () => {
    for (const [index, channel] of queue) responses[index] = await decide(channel)
  }
  await Promise.all(Array.from({ length: Math.min(maxConcurrency, channels.length) }, worker))
  // Without a prototype: `__proto__` is a channel name too.
  const results: Record<string, unknown> = Object.create(null)
  for (const [index, channel] of channels.entries()) results[channel] = resultOf(responses[index] as EndpointResponse)
  return new EndpointResponse(200, JSON.stringify(results))
}

const withoutReason: readonly EndpointResponse[] = [...Object.values(errorResponses), internalError]

function resultOf(response: EndpointResponse): object {
  const { status, body } = response
  if (status === 200) return { status, data: JSON.parse(body) }
  return withoutReason.includes(response) ? { status } : { status, ...JSON.parse(body) }
}
