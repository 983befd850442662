import { describe, expect, test } from 'vitest'
import { bodyFields } from '../src/auth/parse-request.ts'
import { errorResponses } from '../src/auth/responses.ts'

const noFields = Object.create(null)

describe('the fields of a body', () => {
  const text = '{"socket_id":"1.1","channel_name":"private-a@b"}'
  test.each<[text: string, fields: object]>([
    [text, { socketId: '1.1', channel: 'private-a@b', authInfo: undefined }],
    [`${text} `, { socketId: '1.1', channel: 'private-a@b', authInfo: undefined }],
    [text.replace('}', ',"auth_info":1}'), { socketId: '1.1', channel: 'private-a@b', authInfo: 1 }],
    [text.replace('1.1', '\\u0031'), { socketId: '1', channel: 'private-a@b', authInfo: undefined }],
    [text.replace('1.1', ''), { socketId: '', channel: 'private-a@b', authInfo: undefined }],
    [`x${text}`, errorResponses.malformedBody],
    [`${text}x`, errorResponses.malformedBody],
    [text.replace('1.1', '\n'), errorResponses.malformedBody],
    [text.replace('private-a@b', '\n'), errorResponses.malformedBody],
  ])('JSON: %j', (body, fields) => expect(bodyFields(body, 'json')).toStrictEqual(fields))

  const form = 'socket_id=1.1&channel_name=private-a'
  test.each<[text: string, fields: object]>([
    [form, { socketId: '1.1', channel: 'private-a', authInfo: noFields }],
    [`${form}&`, { socketId: '1.1', channel: 'private-a', authInfo: noFields }],
    [
      `${form}&a=b`,
      { socketId: '1.1', channel: 'private-a', authInfo: Object.assign(Object.create(null), { a: 'b' }) },
    ],
    [form.replace('1.1', '%31'), { socketId: '1', channel: 'private-a', authInfo: noFields }],
    [`x${form}`, { socketId: undefined, channel: 'private-a', authInfo: expect.anything() }],
    [`${form}&socket_id=2.2`, errorResponses.malformedBody],
    [form.replace('1.1', '%'), errorResponses.malformedBody],
    [form.replace('private-a', '%ff'), errorResponses.malformedBody],
  ])('a form: %j', (text, fields) => expect(bodyFields(text, 'form')).toStrictEqual(fields))
})
