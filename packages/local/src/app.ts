/** The credentials of one app. They are made up: nothing outside this machine knows them. */
export interface App {
  /** Names the app in the token and the Pusher HTTP protocol. Letters, digits, `.`, `_`, `~`, `-`. */
  readonly id: string
  /** Public; names the app to clients and in the signed protocol. Letters, digits, `.`, `_`, `~`, `-`. */
  readonly key: string
  /** Signs requests, channel authorizations and sign-ins. */
  readonly secret: string
  /** For the token protocol, visible ASCII. Without it that protocol refuses the app. */
  readonly token?: string
}

/** The app that `startLocal()` serves when it is given none. */
export const defaultApp: App = Object.freeze({
  id: 'local',
  key: 'local-key',
  secret: 'local-secret',
  token: 'local-token',
})
