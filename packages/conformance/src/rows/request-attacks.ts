import { badSocket, denied, refused, wrongMethod, wrongType } from './expectations.ts'
import {
  asForm,
  asFormRow,
  asJson,
  asJsonRow,
  asPusherJs,
  behindAny,
  behindForm,
  behindJson,
  both,
  fields,
  form,
  join,
  shown,
  signinPath,
} from './requests.ts'
import type { Row } from './row.ts'

/** Fields that must never be signed. */
const forged = { socket_id: '1.1:private-b', channel_name: 'private-true' }

/** Content types that are JSON or a form whatever surrounds the media type. */
const oddJson = [
  ' application/json',
  '\tapplication/json',
  'Application/Json ;charset=x',
  'application/json; charset=utf-7',
  'application/json;application/x-www-form-urlencoded',
  'application/json; a="b;c"',
  'application/json; a="b, c"',
  'application/json, Application/JSON;charset=utf-8',
]
const oddForm = [
  'Application/X-WWW-Form-Urlencoded ;charset=x',
  'application/x-www-form-urlencoded;application/json',
  // pusher-js appends the Content-Type of its user's headers to its own.
  'application/x-www-form-urlencoded, application/json',
  'application/json,application/x-www-form-urlencoded',
  'application/x-www-form-urlencoded, application/x-www-form-urlencoded; charset=utf-8',
]
/** Content types that are neither. */
const otherTypes = [
  'text/plain',
  'text/json',
  'application/jsonx',
  'application/json\ta',
  'application/json, text/html',
  'application/json,',
  'application/ json',
  'multipart/form-data',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded, text/plain',
  ', application/json',
  'application',
  '*/*',
  '/',
]

const origins = ['null', 'https://app.com.evil.io', 'https://app.example.evil.io', 'http://app.example', 'file://']

export type RequestThreat = 'content-type tricks' | 'JSONP and other methods' | 'cross-origin requests'

/** Methods, headers and paths that a framework, a proxy or a parser reads differently. */
export const requestAttacks: Readonly<Record<RequestThreat, readonly Row[]>> = {
  'content-type tricks': [
    ...[...oddJson, ...oddForm].flatMap((type): Row[] => [
      asJsonRow(`Content-Type ${shown(type)}`, asJson(forged), badSocket, { type, ...behindAny(refused(400, 415)) }),
      asFormRow(`Content-Type ${shown(type)}`, asForm(forged), badSocket, { type, ...behindAny(refused(400, 415)) }),
    ]),
    ...otherTypes.flatMap((type): Row[] => {
      // A parser may go by how it begins, and refuse the rest.
      const more = { type, ...(type.startsWith(form) && behindForm(refused(400, 415))) }
      return [
        asJsonRow(`Content-Type ${shown(type)}`, asJson(join('private-true')), wrongType, more),
        asFormRow(`Content-Type ${shown(type)}`, asPusherJs('private-true'), wrongType, more),
      ]
    }),
    ...both('a type that some parsers take for JSON', 'private-true', wrongType, {
      type: 'application/vnd.api+json',
      ...behindJson(refused(400, 415)),
    }),
    ...both('no Content-Type', 'private-true', wrongType, { type: undefined }),
    ...fields('sign-in: text/plain', { socket_id: '1.1' }, wrongType, { path: signinPath, type: 'text/plain' }),
    asJsonRow('a form under it', asForm(forged), badSocket, { ...behindJson(refused(400)) }),
    asFormRow('JSON under it', asJson(join('private-true')), badSocket),
  ],
  'JSONP and other methods': [
    ...['GET', 'PUT', 'DELETE', 'PATCH'].flatMap((method): Row[] => [
      { name: method, method, expect: wrongMethod },
      ...both(`${method} with a body`, 'private-true', wrongMethod, { method }),
      { name: `sign-in: ${method}`, path: signinPath, method, expect: wrongMethod },
    ]),
    { name: 'HEAD', method: 'HEAD', expect: { status: 405, headers: { allow: 'POST' } } },
    {
      name: 'GET with a query, as JSONP',
      method: 'GET',
      path: '/pingerchips/auth?callback=x&socket_id=1.1&channel_name=private-true',
      expect: wrongMethod,
    },
    {
      name: 'HEAD with a query',
      method: 'HEAD',
      path: '/pingerchips/auth?socket_id=1.1&channel_name=private-true',
      expect: { status: 405, headers: { allow: 'POST' } },
    },
    ...both('GET that wants to be a POST', 'private-true', wrongMethod, {
      method: 'GET',
      path: '/pingerchips/auth?_method=POST',
      headers: { 'x-http-method-override': 'POST' },
    }),
    ...both('POST that asks for JSONP', 'private-false', denied, { path: '/pingerchips/auth?callback=alert' }),
  ],
  'cross-origin requests': origins.flatMap((origin): Row[] => [
    ...both(`Origin ${origin}`, 'private-false', denied, { headers: { origin } }),
    {
      name: `a preflight of ${origin}`,
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
      needsApp: true,
      expect: { status: 204, fromApp: true },
    },
  ]),
}
