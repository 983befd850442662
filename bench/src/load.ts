import { connect } from 'node:net'

/**
 * Keeps `connections` sockets busy with one request for `ms` milliseconds, each sending it again as soon as the answer
 * is whole. It only counts bytes: every answer of a server here has the same length.
 * @returns how many answers came, and in how many seconds
 */
export async function load(
  port: number,
  request: string,
  ms: number,
  connections = 32,
): Promise<{ answers: number; seconds: number }> {
  const bytes = Buffer.from(request)
  const length = await answerLength(port, bytes)
  const until = performance.now() + ms
  const start = performance.now()
  // Stays awake: a server that has to wake its client with every answer pays for that, the slower it is the more often.
  let busy = true
  const stayAwake = () => {
    if (busy) setImmediate(stayAwake)
  }
  stayAwake()
  const counts = await Promise.all(Array.from({ length: connections }, () => keepAsking(port, bytes, length, until)))
  busy = false
  const answers = counts.reduce((sum, count) => sum + count, 0)
  return { answers, seconds: (performance.now() - start) / 1000 }
}

function keepAsking(port: number, request: Buffer, length: number, until: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let answers = 0
    let received = 0
    const socket = connect(port, '127.0.0.1', () => socket.write(request)).setNoDelay(true)
    socket.on('error', reject)
    socket.on('data', (chunk) => {
      received += chunk.length
      if (received < length) return
      received -= length
      answers++
      if (performance.now() < until) socket.write(request)
      else {
        socket.destroy()
        resolve(answers)
      }
    })
  })
}

/** Asks once, insists on a 200, and measures the answer. */
function answerLength(port: number, request: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(request))
    socket.on('error', reject)
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
      const head = answer.indexOf('\r\n\r\n')
      if (head === -1) return
      const body = /^content-length: *(\d+)/im.exec(answer.slice(0, head))?.[1]
      if (!answer.startsWith('HTTP/1.1 200') || body === undefined)
        return reject(new Error(`Not a plain 200:\n${answer}`))
      const length = head + 4 + Number(body)
      if (answer.length < length) return
      socket.destroy()
      resolve(length)
    })
  })
}
