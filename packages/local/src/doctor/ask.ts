import { patienceMs } from './credentials.ts'
import { networkProblem } from './network-problem.ts'

export interface Question {
  readonly url: URL
  readonly method: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** There was no answer. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered'
  readonly mend: string

  constructor(found: string, mend: string) {
    super(found)
    this.mend = mend
  }
}

/** More than this is read of nobody: what answers may be anything. */
const maxAnswerBytes = 256 * 1024

async function boundedText(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    // Leaving the loop cancels the rest.
    if (size > maxAnswerBytes) break
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/** One request, whose redirect is an answer like any other. @throws {Unanswered} saying why */
export async function ask({ url, ...asked }: Question): Promise<Answer> {
  try {
    const signal = AbortSignal.timeout(patienceMs)
    const response = await fetch(url, { ...asked, redirect: 'manual', signal })
    return { status: response.status, headers: response.headers, text: await boundedText(response) }
  } catch (error) {
    const { found, mend } = networkProblem(error)
    throw new Unanswered(`${url.origin} ${found}`, mend)
  }
}
