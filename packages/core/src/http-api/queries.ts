import { describeInvalidString, describeType, invalidArgument, PingerchipsError } from '../errors.ts'
import { isRecord, jsonText, ownProperty, parseJson } from '../internal/json.ts'
import { assertChannel, assertOptions, assertUserId, channelKind, isDots } from '../internal/validate.ts'
import type { ApiClient } from './api-client.ts'
import {
  assertBatchPolicy,
  assertCallOptions,
  type BatchOptions,
  type CallOptions,
  resolvePolicy,
} from './call-policy.ts'
import { assertCounts, type ChannelInfo, countsByChannel, countsIn, infoParameter } from './counts.ts'
import { type ApiRequestParts, type ChannelCount, requireApi } from './protocols/protocol.ts'

/** A list of channels can be long. */
const maxResponseBytes = 16 * 1024 * 1024

/** The state of a channel. */
export type ChannelState<Count extends ChannelCount = ChannelCount> = ChannelInfo<Count> & {
  /** Whether the channel has subscribers. */
  readonly occupied: boolean
}

/** A query for one channel. */
export interface ChannelQuery<Count extends ChannelCount = ChannelCount> {
  /** The counts to return. `user_count` is only for `presence-` channels. Default: none. */
  readonly info?: readonly Count[] | undefined
}

/** A query for several channels. */
export interface ChannelsQuery<Count extends ChannelCount = ChannelCount> extends ChannelQuery<Count> {
  /** The beginning of the names. `user_count` requires a prefix that begins with `presence-`. Default: all channels. */
  readonly prefix?: string | undefined
}

/** Options of {@link PingerchipsServer.request}. */
export interface RequestOptions extends BatchOptions {
  /** Query parameters by name: a-z, 0-9 and `_`, not `auth_…` or `body_md5`. Unescaped. Default: none. */
  readonly query?: Readonly<Record<string, string | number | boolean>> | undefined
  /** Any JSON. Only with `POST`. Default: none; a `POST` then sends `{}`. */
  readonly body?: unknown
}

const queryNames: Record<keyof ChannelQuery, true> = { info: true }
const listQueryNames: Record<keyof ChannelsQuery, true> = { ...queryNames, prefix: true }
const requestNames: Record<keyof RequestOptions, true> = {
  query: true,
  body: true,
  signal: true,
  timeout: true,
  deadline: true,
  delivery: true,
}

/** Queries to the Pusher HTTP API. */
export class Queries {
  readonly #api: ApiClient

  constructor(api: ApiClient) {
    this.#api = api
  }

  /** Channels with subscribers, by name. */
  async listChannels<Count extends ChannelCount>(
    query: ChannelsQuery<Count>,
    options: CallOptions,
  ): Promise<Record<string, ChannelInfo<Count>>> {
    assertOptions(query, 'query', listQueryNames)
    const { prefix } = query
    if (prefix !== undefined) assertChannel(prefix, 'query.prefix')
    const info = queryCounts(query, prefix ?? '', 'with a prefix that begins with presence-')
    const parameters = { ...(prefix !== undefined && { filter_by_prefix: prefix }), ...infoQuery(info) }
    return this.#ask('listChannels()', '/channels', parameters, options, (response) =>
      countsByChannel(response, info, true),
    )
  }

  /** One channel, with subscribers or without. */
  async getChannel<Count extends ChannelCount>(
    name: string,
    query: ChannelQuery<Count>,
    options: CallOptions,
  ): Promise<ChannelState<Count>> {
    const path = channelPath(name)
    assertOptions(query, 'query', queryNames)
    const info = queryCounts(query, name, 'for a presence- channel')
    return this.#ask('getChannel()', path, infoQuery(info), options, (response) => {
      const counts = countsIn(response, info)
      const occupied = isRecord(response) ? ownProperty(response, 'occupied') : undefined
      return counts === undefined || typeof occupied !== 'boolean' ? undefined : { ...counts, occupied }
    })
  }

  /** The ids of a presence channel's members. */
  async listMembers(name: string, options: CallOptions): Promise<string[]> {
    const path = `${channelPath(name)}/users`
    if (channelKind(name) !== 'presence')
      throw invalidArgument('name', 'must be a presence- channel: other channels have no members')
    return this.#ask('listMembers()', path, {}, options, readIds)
  }

  /** Closes the connections of a signed-in user. */
  async terminateUserConnections(userId: string, options: CallOptions): Promise<void> {
    assertUserId(userId, 'userId')
    assertCallOptions(options)
    const path = `/users/${encodeURIComponent(userId)}/terminate_connections`
    const policy: BatchOptions = { ...options, delivery: 'at-least-once' }
    await this.#send('terminateUserConnections()', 'POST', path, { body: '{}' }, policy)
  }

  /** Any request to the HTTP API, below the app's own path. */
  async request(method: 'GET' | 'POST', path: string, options: RequestOptions): Promise<unknown> {
    const name = 'request()'
    if (method !== 'GET' && method !== 'POST')
      throw invalidArgument('method', `must be 'GET' or 'POST' (received ${describeType(method)})`)
    assertPath(path)
    assertOptions(options, 'options', requestNames)
    assertBatchPolicy(options)
    const { query, body, ...policy } = options
    if (method === 'GET' && body !== undefined) throw invalidArgument('options.body', 'must be omitted for a GET')
    const parts: ApiRequestParts = {
      query: parameters(query ?? {}),
      body: method === 'GET' ? undefined : jsonText(body ?? {}, 'options.body'),
    }
    const repeatable: BatchOptions = method === 'GET' ? { ...policy, delivery: 'at-least-once' } : policy
    const { text, status, attempts } = await this.#send(name, method, path, parts, repeatable)
    if (text === '') return undefined
    const parsed = parseJson(text)
    if (parsed === undefined) throw unexpected(name, status, attempts)
    return parsed
  }

  /** @param read the value of a response; `undefined` for another response */
  async #ask<T>(
    name: string,
    path: string,
    query: Readonly<Record<string, string>>,
    options: CallOptions,
    read: (response: unknown) => T | undefined,
  ): Promise<T> {
    assertCallOptions(options)
    const policy: BatchOptions = { ...options, delivery: 'at-least-once' }
    const { text, status, attempts } = await this.#send(name, 'GET', path, { query }, policy)
    const value = read(parseJson(text))
    if (value === undefined) throw unexpected(name, status, attempts)
    return value
  }

  #send(name: string, method: 'GET' | 'POST', path: string, parts: ApiRequestParts, options: BatchOptions) {
    const api = this.#api
    const writer = requireApi(api.protocol, name)
    let attempts = 0
    const write = (now: number) => {
      attempts++
      return writer.request(method, path, now, parts)
    }
    const operation = { name, events: [], maxResponseBytes }
    const policy = resolvePolicy(options, api.policy)
    const size = parts.body?.length ?? 0
    return api.call(operation, size, () =>
      api.request(write, operation, policy, ({ text, status }) => ({ text, status, attempts })),
    )
  }
}

function unexpected(name: string, serviceStatus: number, attempts: number): PingerchipsError {
  return new PingerchipsError(
    'unexpected_response',
    `${name} failed: the response does not have the expected form. Check that the endpoint is the Pusher HTTP API.`,
    { serviceStatus, attempts },
  )
}

function queryCounts<Count extends ChannelCount>(
  { info = [] }: ChannelQuery<Count>,
  beginning: string,
  where: string,
): readonly Count[] {
  const counts = assertCounts(info, 'query.info')
  if (counts.includes('user_count' as Count) && !beginning.startsWith('presence-'))
    throw invalidArgument('query.info', `can contain user_count only ${where}`)
  return counts
}

function infoQuery(info: readonly ChannelCount[]): { info?: string } {
  const parameter = infoParameter(info)
  return parameter === undefined ? {} : { info: parameter }
}

/**
 * The path of a channel below the app's own. The alphabet of names has nothing that a path escapes (RFC 3986, section 3.3).
 * @throws {TypeError}
 */
function channelPath(name: unknown): string {
  assertChannel(name, 'name')
  if (isDots(name)) throw invalidArgument('name', 'must not be . or ..: such a channel has no path')
  return `/channels/${name}`
}

/** Segments as RFC 3986, section 3.3 defines them, so that the signed path is the one that the service receives. */
const pathPattern = /^(?:\/(?:[\w.~!$&'()*+,;=:@-]|%[\dA-Fa-f]{2})+)+$/

function assertPath(path: unknown): asserts path is string {
  const isPath = typeof path === 'string' && path.length <= 2048 && pathPattern.test(path)
  if (isPath && !path.split('/').some((segment) => isDots(segment.replaceAll(/%2e/gi, '.')))) return
  throw invalidArgument(
    'path',
    `must begin with a slash and have no query, no empty segment and no . or .. (received ${describeInvalidString(path)})`,
  )
}

/** @throws {TypeError} */
function parameters(query: unknown): Record<string, string> {
  if (!isRecord(query)) throw invalidArgument('options.query', `must be an object (received ${describeType(query)})`)
  const texts: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(query)) {
    if (!/^[a-z0-9_]{1,100}$/.test(name) || /^(?:auth_|body_md5$)/.test(name))
      throw invalidArgument('options.query', 'must have names of a-z, 0-9 and _, other than auth_… and body_md5')
    const isText = typeof value === 'string' && value.isWellFormed()
    if (!isText && typeof value !== 'boolean' && !Number.isFinite(value))
      throw invalidArgument(
        `options.query.${name}`,
        `must be a string, number or boolean (received ${describeType(value)})`,
      )
    texts[name] = String(value)
  }
  return texts
}

function readIds(response: unknown): string[] | undefined {
  const users = isRecord(response) ? ownProperty(response, 'users') : undefined
  if (!Array.isArray(users)) return undefined
  const ids = users.map((user: unknown) => (isRecord(user) ? ownProperty(user, 'id') : undefined))
  // A member can sign in with a number, which some services keep.
  return ids.every((id) => typeof id === 'string' || Number.isSafeInteger(id)) ? ids.map(String) : undefined
}
