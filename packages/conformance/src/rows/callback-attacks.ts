import { denied, deniedByUser, failed, noUser } from './expectations.ts'
import { both, fields, join, signin } from './requests.ts'
import type { Row } from './row.ts'

export type CallbackThreat =
  | 'presence without a member'
  | 'refusals that leak a reason'
  | 'callbacks that throw, hang or return invalid results'

/** What clients can learn, or gain, from the app's callbacks. */
export const callbackAttacks: Readonly<Record<CallbackThreat, readonly Row[]>> = {
  'presence without a member': [
    ...both('authorize returns true', 'presence-true', failed('invalid_callback_result')),
    ...['channel_data', 'user_data', 'user_id', 'presence_data'].flatMap((key) =>
      fields(
        `authorize returns true and the client sends its own ${key}`,
        { ...join('presence-true'), [key]: key === 'user_id' ? 'admin' : '{"user_id":"admin"}' } as Record<
          string,
          string
        >,
        failed('invalid_callback_result'),
      ),
    ),
    ...['no-id', 'empty-id', 'list', 'yes', 'whole-user'].flatMap((answer) =>
      both(`authorize returns ${answer}`, `presence-${answer}`, failed('invalid_callback_result')),
    ),
  ],
  'refusals that leak a reason': [
    ...['true', 'false', 'user-bob', 'throws', 'deny-401', 'deny-403', 'hangs', 'without-a-rule'].flatMap((name) =>
      both(`unauthenticated: private-${name}`, `private-${name}`, noUser, { user: null }),
    ),
    ...['presence-true', 'presence-member', 'private-encrypted-true'].flatMap((name) =>
      both(`unauthenticated: ${name}`, name, noUser, { user: null }),
    ),
    ...both('a function for a user', 'private-true', failed('invalid_callback_result'), {
      user: 'not-a-user function',
    }),
    ...both('a callable promise of null', 'private-true', noUser, { user: 'callable-null' }),
    ...both('user returns deny()', 'private-true', deniedByUser, { user: 'denied' }),
    ...['false', 'null', 'undefined', 'user-bob', 'without-a-rule'].flatMap((name) =>
      both(`denied private-${name}`, `private-${name}`, denied),
    ),
    ...signin('unauthenticated', null, noUser),
    ...signin('a user whom signin refuses', 'refused', denied),
    ...signin('user returns deny()', 'denied', deniedByUser),
  ],
  'callbacks that throw, hang or return invalid results': [
    ...['private-encrypted', 'private', 'presence'].flatMap((kind) => [
      ...both(`${kind}, throws`, `${kind}-throws`, failed()),
      ...both(`${kind}, rejects`, `${kind}-rejects`, failed()),
    ]),
    ...both('encrypted, a member', 'private-encrypted-member', failed('invalid_callback_result')),
    ...both('encrypted, a string', 'private-encrypted-yes', failed('invalid_callback_result')),
    ...['no-id', 'empty-id', 'yes', 'list'].flatMap((answer) =>
      both(`private, ${answer}`, `private-${answer}`, failed('invalid_callback_result')),
    ),
    ...both('throws null', 'private-throws-null', failed('non_error_thrown')),
    ...both("throws 'route', which Express takes for a command", 'private-throws-route', failed('non_error_thrown')),
    ...both('rejects with undefined', 'private-rejects-undefined', failed('non_error_thrown')),
    ...both('a thenable that throws null', 'private-thenable-throws', failed('non_error_thrown')),
    ...both(
      'a thenable that resolves with a promise that never settles',
      'private-thenable-hangs',
      failed('callback_timeout'),
    ),
    ...both('never settles', 'private-hangs', failed('callback_timeout')),
    ...both('an error with the code of a broken connection', 'private-econnreset', failed('ECONNRESET')),
    ...both("an error with the code of Fastify's parser", 'private-too-large', failed('FST_ERR_CTP_BODY_TOO_LARGE')),
    ...both('user throws', 'private-true', failed(), { user: 'throws' }),
    ...['no-id', 'whole-user', 'true', 'watches-numbers'].flatMap((user) =>
      signin(`a result that cannot be signed, ${user}`, user, failed('invalid_callback_result')),
    ),
    ...signin('signin rejects', 'rejects', failed()),
  ],
}
