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

/** One request, whose redirect is an answer like any other. @throws {Unanswered} saying why */
export async function ask({ url, ...asked }: Question): Promise<Answer> {
  try {
    const signal = AbortSignal.timeout(patienceMs)
    const response = await fetch(url, { ...asked, redirect: 'manual', signal })
    return { status: response.status, headers: response.headers, text: await response.text() }
  } catch (error) {
    const { found, mend } = networkProblem(error)
    throw new Unanswered(`${url.origin} ${found}`, mend)
  }
}
