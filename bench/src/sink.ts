import { createServer } from 'node:net'

// The cheapest HTTP server there can be: it counts what came by its Content-Length and answers 200. Its speed is not what
// is measured, and must not be what limits it.
const answer = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}'
const headEnd = Buffer.from('\r\n\r\n')

const server = createServer({ noDelay: true }, (socket) => {
  let rest: Buffer = Buffer.alloc(0)
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let answers = ''
    for (;;) {
      const end = rest.indexOf(headEnd)
      if (end === -1) break
      const length = Number(/content-length: *(\d+)/i.exec(rest.toString('latin1', 0, end))?.[1] ?? 0)
      const next = end + headEnd.length + length
      if (rest.length < next) break
      rest = rest.subarray(next)
      answers += answer
    }
    if (answers !== '') socket.write(answers)
  })
})
server.listen(0, '127.0.0.1', () => process.send?.(server.address()))
process.once('disconnect', () => process.exit())
