import { frameworkRefusal, notUserNames } from '../app/callbacks.ts'
import { failed } from './expectations.ts'
import { both, signin } from './requests.ts'
import type { Row } from './row.ts'

export type UserThreat = 'refusals that are taken for a user' | 'misspelt rule parameters'

/** Mistakes of an app that would let clients in. */
export const userAttacks: Readonly<Record<UserThreat, readonly Row[]>> = {
  'refusals that are taken for a user': [
    // Fastify's reply is a thenable, which settles when it is sent: then the code is that of a timeout.
    ...both(`user returns ${frameworkRefusal}`, 'private-true', failed(), {
      user: `not-a-user ${frameworkRefusal}`,
      atAdapters: true,
    }),
    ...notUserNames.flatMap((name) => [
      ...both(`user returns ${name}`, 'private-true', failed('invalid_callback_result'), {
        user: `not-a-user ${name}`,
      }),
      ...signin(`user returns ${name}`, `not-a-user ${name}`, failed('invalid_callback_result')),
    ]),
  ],
  'misspelt rule parameters': ['private-typo-alice', 'private-typo-undefined', 'private-typo-bob'].flatMap((name) =>
    both(`a rule reads an unknown parameter, ${name}`, name, failed('invalid_argument')),
  ),
}
