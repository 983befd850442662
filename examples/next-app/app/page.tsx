import { connection } from 'next/server'
import { Demo } from './demo'

export default async function Page() {
  // Reads the environment when the page is requested, not when it is built.
  await connection()
  const { hostname, port } = new URL(process.env.PINGERCHIPS_ENDPOINT ?? 'http://127.0.0.1:6001')
  return (
    <>
      <h1>Next.js with Pingerchips</h1>
      <Demo appKey={process.env.PINGERCHIPS_APP_KEY ?? ''} wsHost={hostname} wsPort={Number(port)} />
    </>
  )
}
