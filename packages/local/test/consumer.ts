import { defaultApp, type LocalService, startLocal } from '@pingerchips/local'

export const key: string = defaultApp.key
export async function start(): Promise<string> {
  const service: LocalService = await startLocal({ apps: [{ id: '1', key: 'key', secret: 'secret' }] })
  await service.close()
  return service.url
}
