/** What `user` answers when nobody is asking. */
export type Unauthenticated = null | undefined | false | ''

/**
 * user → whether there is one. An empty string is what a missing header or session field turns into; `0` is an id. A
 * function is a mistake, such as a getter that nobody called.
 */
export function isUser<User>(answer: User | Unauthenticated): answer is User {
  return answer !== null && answer !== undefined && answer !== false && answer !== '' && typeof answer !== 'function'
}
