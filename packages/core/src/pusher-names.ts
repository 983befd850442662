import { unknownOption } from './errors.ts'

/** Methods of the npm package `pusher`, and what takes their place. */
const methods: Readonly<Record<string, string>> = {
  authorizeChannel: 'authenticate(socketId, channel, member)',
  get: "listChannels(), getChannel(), listMembers() or request('GET', path, { query })",
  post: "trigger(), triggerBatch() or request('POST', path, { body })",
  channelSharedSecret: 'authenticate(socketId, channel), whose result has the shared_secret',
  createSignedQueryString: 'request(method, path, { query, body }), which signs',
}
const factories: Readonly<Record<string, string>> = {
  forURL: 'fromURL(url)',
  forCluster: 'new PingerchipsServer(appId, appSecret, { appKey, endpoint })',
}

/** Makes the methods of `pusher` throw a `TypeError` that names ours, for code that is being migrated. */
export function refusePusherNames(client: { readonly prototype: object }): void {
  for (const [target, names] of [
    [client.prototype, methods],
    [client, factories],
  ] as const)
    for (const [name, instead] of Object.entries(names))
      Object.defineProperty(target, name, {
        value: () => {
          throw unknownOption(name, `PingerchipsServer has no ${name}(). Use ${instead}.`)
        },
      })
}
