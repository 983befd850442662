import { PingerchipsServer } from '@pingerchips/core'
import { fetchHandler } from '@pingerchips/core/fetch'
import * as primitives from '../../../packages/core/src/crypto/node.ts'
import { vectors as primitiveVectors } from '../../../packages/core/test/vectors/primitives.ts'

const appKey = '278d425bdf160c739803'
const client = new PingerchipsServer('3', '7ad3773142a6692b25b8', { appKey })
const privateAuth = `${appKey}:58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4`
const presenceAuth = `${appKey}:31935e7d86dba64c2a90aed31fdc61869f9b22ba9d8863bba239c03ca481bc80`
const signinAuth = `${appKey}:4708d583dada6a56435fb8bc611c77c359a31eebde13337c16ab43aa6de336ba`

/** The published vectors by the public functions. */
const published: Readonly<Record<string, () => Promise<string> | string>> = {
  async 'authenticate, private'() {
    return same(client.authenticate('1234.1234', 'private-foobar').auth, privateAuth)
  },
  async 'authenticate, presence'() {
    const member = { user_id: 10, user_info: { name: 'Mr. Channels' } }
    return same(client.authenticate('1234.1234', 'presence-foobar', member).auth, presenceAuth)
  },
  async authenticateUser() {
    return same(client.authenticateUser('1234.1234', { id: '12345' }).auth, signinAuth)
  },
  async fetchHandler() {
    const respond = fetchHandler({ client, authorize: () => true })
    const body = new URLSearchParams({ socket_id: '1234.1234', channel_name: 'private-foobar' })
    const answer = await respond(new Request('http://localhost/pingerchips/auth', { method: 'POST', body }))
    return same(await answer.text(), JSON.stringify({ auth: privateAuth }))
  },
  async 'a webhook'() {
    const rawBody = `{"time_ms":${Date.now()},"events":[]}`
    const signature = primitives.hmacSha256('7ad3773142a6692b25b8')(rawBody)
    const headers = { 'x-pusher-key': appKey, 'x-pusher-signature': signature }
    const signed = await client.webhook({ headers, rawBody })
    const forged = await client.webhook({ headers, rawBody: `${rawBody} ` })
    return same(`${signed.ok} ${forged.ok}`, 'true false')
  },
}

/** Each vector's fault, or `''`, by its name. */
export async function vectors(): Promise<Record<string, string>> {
  const faults: Record<string, string> = {}
  for (const { name, actual, expected, isWrong } of primitiveVectors)
    faults[name] = isWrong ? different(actual(primitives), expected) : same(actual(primitives), expected)
  for (const [name, run] of Object.entries(published)) faults[name] = await run()
  return faults
}

function same(actual: string, expected: string): string {
  return actual === expected ? '' : `${actual} is not ${expected}`
}

function different(actual: string, wrong: string): string {
  return actual === wrong ? `${actual} is wrong` : ''
}
