import { createHash, createHmac } from 'node:crypto'
import { appFailed, appKey, appSecret, encryptionMasterKey } from '../app/harness.ts'
import type { Expectation } from './row.ts'

/** Signs a string with the test app's secret. */
export const sign = (text: string): string => `${appKey}:${createHmac('sha256', appSecret).update(text).digest('hex')}`

export const granted = (channel: string, socketId = '1234.1234'): Expectation => ({
  status: 200,
  json: { auth: sign(`${socketId}:${channel}`) },
  headers: { 'content-type': 'application/json; charset=utf-8' },
})
export const grantedWithKey = (channel: string): Expectation => ({
  ...granted(channel),
  json: {
    auth: sign(`1234.1234:${channel}`),
    shared_secret: createHash('sha256')
      .update(channel)
      .update(Buffer.from(encryptionMasterKey, 'base64'))
      .digest('base64'),
  },
  authorize: { kind: 'encrypted' },
})
export const member = (channel: string, data: string, ...keys: ('channel_data' | 'user_data')[]): Expectation => ({
  status: 200,
  json: { auth: sign(`1234.1234:${channel}:${data}`), ...Object.fromEntries(keys.map((key) => [key, data])) },
})

export const badBody: Expectation = {
  status: 400,
  json: { error: 'The body must be a JSON object or a form, with each field once' },
  authorize: null,
}
export const badSocket: Expectation = {
  status: 400,
  json: { error: 'socket_id is missing or malformed' },
  authorize: null,
}
export const badChannel: Expectation = {
  status: 400,
  json: { error: 'channel_name is missing or malformed' },
  authorize: null,
}
export const noUser: Expectation = { status: 403, json: { error: 'Unauthorized' }, authorize: null }
export const denied: Expectation = { status: 403, json: { error: 'Access denied' } }
export const tooLarge: Expectation = {
  status: 413,
  json: { error: 'The body must be at most 16 KiB' },
  authorize: null,
}
export const wrongType: Expectation = {
  status: 415,
  json: { error: 'The body must be application/json or application/x-www-form-urlencoded' },
  authorize: null,
}
export const wrongEncoding: Expectation = {
  status: 415,
  json: { error: 'The body must not be compressed' },
  headers: { 'accept-encoding': 'identity' },
  authorize: null,
}
/** The result of each channel of a batch. */
export type BatchResults = Readonly<Record<string, { readonly status: number; readonly [field: string]: unknown }>>
/** A batch: the request is a success, whatever was decided for its channels. */
export const batch = (results: BatchResults): Expectation => ({
  status: 200,
  batch: results,
  headers: { 'content-type': 'application/json; charset=utf-8' },
})
/** The result of a channel of a batch that was granted. */
export const grantedInBatch = (channel: string, socketId = '1234.1234'): BatchResults[string] => ({
  status: 200,
  data: { auth: sign(`${socketId}:${channel}`) },
})
/**
 * The raw body is refused. A parser of the app's that has merged a repeated field into an array has made a batch of it, in
 * which `authorize` decides each channel alone.
 */
export const refusedOrBatch = (results: BatchResults, ...status: number[]): Expectation => ({
  status: [200, 400, ...status],
  batch: results,
})
/** A parser that keeps the raw text leaves it to the endpoint, which refuses the whole body; another keeps one value or both. */
export const refusedField: Expectation = { status: 400, authorize: null }
export const wrongMethod: Expectation = {
  status: 405,
  json: { error: 'Method not allowed' },
  headers: { allow: 'POST' },
  authorize: null,
}
export const deniedByUser: Expectation = {
  status: 401,
  json: { error: 'Unauthorized' },
  headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
  authorize: null,
}
/** A failure of the app's own: its error handler is called. */
export const failed = (code?: string): Expectation => ({
  status: 500,
  json: appFailed,
  errors: 1,
  ...(code !== undefined && { code }),
  fromApp: true,
})
/** Refused, by the app's parser or by the endpoint. */
export const refused = (...status: number[]): Expectation => ({ status, errors: 'any', authorize: null, fromApp: true })
/** A parser of the app's may refuse this, or pass on something that is denied. */
export const refusedOrDenied: Expectation = { status: [400, 403, 413, 415], errors: 'any', fromApp: true }
