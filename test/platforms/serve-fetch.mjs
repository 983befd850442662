// Serves a module whose default export handles a Request, as Netlify's functions do: `serve-fetch.mjs FILE`, on $PORT.
import { createServer } from 'node:http'
import { pathToFileURL } from 'node:url'

const { default: handle } = await import(pathToFileURL(process.argv[2]).href)

createServer(async (req, res) => {
  const chunks = []
  for await (const chunk of req) chunks.push(chunk)
  const init = { method: req.method, headers: req.headers, ...(chunks.length > 0 && { body: Buffer.concat(chunks) }) }
  const response = await handle(new Request(`http://localhost${req.url}`, init), {})
  res.writeHead(response.status, Object.fromEntries(response.headers)).end(Buffer.from(await response.arrayBuffer()))
}).listen(Number(process.env.PORT), '127.0.0.1')
