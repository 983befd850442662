import { joinBytes } from '../bytes.ts'

/** One HTTP request. */
export interface HttpRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  /** How many bytes of the answer are read at the most; more is an {@link AnswerTooLarge}. */
  readonly maxAnswerBytes: number
  /** Ends the whole exchange: connecting, the headers and the body. */
  readonly signal: AbortSignal
}

/** Its answer, read whole. A redirect is an answer like any other: no transport follows one. */
export interface HttpAnswer {
  readonly status: number
  readonly statusText: string
  readonly text: string
}

/**
 * Carries HTTP requests over kept connections. Which one a runtime gets is chosen by `#transport` in the `imports` of
 * package.json: undici on Node, `fetch` elsewhere.
 */
export interface Transport {
  request(request: HttpRequest): Promise<HttpAnswer>
  /** Waits for what is in flight and leaves no socket behind. */
  close(): Promise<void>
}

export class AnswerTooLarge extends Error {
  override readonly name: string = 'AnswerTooLarge'
}

/** Collects an answer's bytes up to a limit and decodes them once, together: a character may span two chunks. */
export async function readText(chunks: AsyncIterable<Uint8Array>, limit: number): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.byteLength
    if (size > limit) throw new AnswerTooLarge(`the answer is over ${limit} bytes`)
    parts.push(chunk)
  }
  return new TextDecoder().decode(joinBytes(parts, size))
}
