/** Comes before a request of an app is served: throws a `Refusal` for one that is to fail. */
export type Disturb = () => Promise<void>
