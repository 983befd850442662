import { env } from '$env/dynamic/private'

export function load() {
  const { hostname, port } = new URL(env.PINGERCHIPS_ENDPOINT ?? 'http://127.0.0.1:6001')
  return { appKey: env.PINGERCHIPS_APP_KEY ?? '', wsHost: hostname, wsPort: Number(port) }
}
