import { createHash } from 'node:crypto'
import { explainUnknownApp } from '../explain/credentials.ts'
import { pusherRequestGuesses } from '../explain/request.ts'
import { explainSignature } from '../explain/signature.ts'
import { isRecord } from '../protocol/json.ts'
import { channelKind, isCacheChannel, isChannel, isTarget } from '../protocol/names.ts'
import type { RunningApp } from '../state/running-app.ts'
import { assertFresh, type Call, type Handler, parseBody } from './call.ts'
import { appNotFound, HttpError, invalidSignature, validationFailed } from './http-error.ts'
import { publish, type Submission } from './publish.ts'

const channelsLimit = 100
const batchLimit = 10
/** Parameters are looked up by name before the signature is verified: many would take long. */
const parametersLimit = 20

/** `POST /apps/{id}/events` */
export const postEvent: Handler = (call) => {
  const app = authenticate(call)
  const fields = parseBody(call.request.body)
  const event = toSubmission(fields, fields.channels ?? [fields.channel])
  const info = infoOf(fields.info, event.channels)
  publish(app, [event], isTarget)
  if (info.length === 0) return {}
  const names = event.channels.filter(isTarget)
  return { channels: Object.fromEntries(names.map((name) => [name, attributes(app, name, info)])) }
}

/** `POST /apps/{id}/batch_events` */
export const postBatch: Handler = (call) => {
  const app = authenticate(call)
  const { batch } = parseBody(call.request.body)
  if (!Array.isArray(batch) || batch.length < 1 || batch.length > batchLimit)
    throw validationFailed(`batch must be a list of 1 to ${batchLimit} events`)
  const events = batch.map((fields: unknown) => {
    if (!isRecord(fields)) throw validationFailed('an event must be an object')
    const event = toSubmission(fields, [fields.channel])
    return { event, info: infoOf(fields.info, event.channels) }
  })
  publish(
    app,
    events.map(({ event }) => event),
    isTarget,
  )
  if (events.every(({ info }) => info.length === 0)) return {}
  return { batch: events.map(({ event, info }) => attributes(app, String(event.channels[0]), info)) }
}

/** `GET /apps/{id}/channels` */
export const getChannels: Handler = (call) => {
  const app = authenticate(call)
  const { query } = call.request
  const prefix = query.get('filter_by_prefix') ?? ''
  const info = infoOf(query.get('info'), [prefix])
  // Channels of users are the service's own: these calls list no names for them.
  const names = app.channels.occupied().filter((name) => isChannel(name) && name.startsWith(prefix))
  return { channels: Object.fromEntries(names.map((name) => [name, attributes(app, name, info)])) }
}

/** `GET /apps/{id}/channels/{channel}` */
export const getChannel: Handler = (call) => {
  const app = authenticate(call)
  const name = channelOf(call)
  const info = infoOf(call.request.query.get('info'), [name], [...countable, 'cache'])
  if (info.includes('cache') && !isCacheChannel(name)) throw validationFailed('cache is for cache channels only')
  return { occupied: app.channels.subscriptionCount(name) > 0, ...attributes(app, name, info) }
}

/** `GET /apps/{id}/channels/{channel}/users` */
export const getUsers: Handler = (call) => {
  const app = authenticate(call)
  const name = channelOf(call)
  if (channelKind(name) !== 'presence') throw validationFailed('only a presence channel has users')
  return { users: app.channels.userIds(name).map((id) => ({ id })) }
}

/** `POST /apps/{id}/users/{user}/terminate_connections` */
export const terminateConnections: Handler = (call) => {
  const app = authenticate(call)
  app.users.terminate(call.request.params.user ?? '')
  return {}
}

/** Returns the app that signed the request. */
function authenticate({ apps, now, trace, request }: Call): RunningApp {
  const { method, path, params, query, body } = request
  const app = apps.byId.get(params.id ?? '')
  if (app === undefined) throw appNotFound(() => explainUnknownApp(apps.byId, 'id'))
  trace.app = app
  const authKey = query.get('auth_key')
  if (authKey !== null && authKey !== app.key)
    throw appNotFound(() => ({ text: `The path names the app ${app.id}, and auth_key is not its key, ${app.key}.` }))

  const names = [...query.keys()]
  if (names.length > parametersLimit) throw new HttpError(400, `Too many query parameters (max ${parametersLimit})`)
  const signedNames = names.filter((name) => name !== 'auth_signature').sort()
  const signedQuery = signedNames.map((name) => `${name.toLowerCase()}=${query.get(name)}`).join('&')
  const stringToSign = `${method}\n${path}\n${signedQuery}`
  const signature = query.get('auth_signature')
  if (!app.verify(signature, stringToSign))
    throw invalidSignature(() => {
      const guesses = pusherRequestGuesses({ method, path, query })
      return explainSignature(app, { signature, stringToSign, guesses })
    })
  const problem = queryProblem(query, body)
  if (problem !== undefined) throw invalidSignature(() => ({ text: problem, stringToSign }))
  assertFresh(query.get('auth_timestamp'), now())
  return app
}

/** Validates a query with a valid signature. Returns the problem. */
function queryProblem(query: URLSearchParams, body: Uint8Array): string | undefined {
  const names = [...query.keys()]
  // Two readers may take different values of a repeated parameter.
  if (new Set(names).size !== names.length) return 'A parameter is in the query twice.'
  if (!query.has('auth_key')) return 'The query has no auth_key.'
  if (query.get('auth_version') !== '1.0') return 'The query must have auth_version=1.0.'
  const md5 = query.get('body_md5')
  // The digest covers the body, so only a request without a body may omit it.
  if (md5 === null) return body.length === 0 ? undefined : 'The query has no body_md5, and the request has a body.'
  if (md5 === createHash('md5').update(body).digest('hex')) return undefined
  return 'body_md5 is not the lower-case hex MD5 of the received body: the body was serialized twice, or changed in transit.'
}

function toSubmission(fields: Readonly<Record<string, unknown>>, channels: unknown): Submission {
  if (!Array.isArray(channels) || channels.length < 1 || channels.length > channelsLimit)
    throw validationFailed(`channels must be a list of 1 to ${channelsLimit} names`)
  if (typeof fields.data !== 'string') throw validationFailed('data must be text')
  return { channels, event: fields.name, data: fields.data, except: fields.socket_id }
}

function channelOf({ request }: Call): string {
  const { channel } = request.params
  if (!isChannel(channel)) throw validationFailed('the channel name is not valid')
  return channel
}

const countable = ['user_count', 'subscription_count']

/** Parses `info`, a comma list of attributes. */
function infoOf(value: unknown, channels: readonly unknown[], known: readonly string[] = countable): readonly string[] {
  if (value !== undefined && value !== null && typeof value !== 'string') throw validationFailed('info must be text')
  const info = (value ?? '').split(',').filter((name) => name.length > 0)
  if (info.some((name) => !known.includes(name))) throw validationFailed(`info must list ${known.join(', ')}`)
  const isPresence = (name: unknown) => typeof name === 'string' && channelKind(name) === 'presence'
  if (info.includes('user_count') && !channels.every(isPresence))
    throw validationFailed('user_count is for presence channels only')
  return info
}

function attributes(app: RunningApp, name: string, info: readonly string[]): object {
  const { channels } = app
  const cached = info.includes('cache') ? app.cache.get(name) : undefined
  return {
    ...(info.includes('user_count') && { user_count: channels.memberCount(name) }),
    ...(info.includes('subscription_count') && { subscription_count: channels.subscriptionCount(name) }),
    ...(info.includes('cache') && { cache: cached === undefined ? null : { data: cached.data, ttl: cached.ttl } }),
  }
}
