import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { tenantSecrets } from '../app/test-app.ts'
import { json } from '../rows/requests.ts'
import { defaultPath } from './check-row.ts'
import { overSocket, type Subject, useApp } from './opened-app.ts'

/** `client` as a function: each request is signed with the secret of its own tenant, on every runtime. */
export function tenants(subject: Subject): void {
  const app = useApp(subject, 'none', { timeout: 5000 })
  const channel = 'private-true'
  const subscribe = async (tenant: string) => {
    const headers = { 'content-type': json, 'x-user': 'alice', 'x-tenant': tenant }
    const body = new TextEncoder().encode(JSON.stringify({ socket_id: '1.1', channel_name: channel }))
    const reply = await overSocket(app)({ method: 'POST', path: defaultPath, headers, body })
    return JSON.parse(reply.body)
  }
  const signed = (tenant: string) => {
    const signature = createHmac('sha256', tenantSecrets[tenant] ?? '')
      .update(`1.1:${channel}`)
      .digest('hex')
    return { auth: `${tenant}:${signature}` }
  }

  test('two tenants take turns: each response has the signature of its own tenant', async () => {
    for (const tenant of ['red', 'blue', 'red', 'blue', 'blue', 'red'])
      expect(await subscribe(tenant)).toEqual(signed(tenant))
  })
}
