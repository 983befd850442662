import type * as node from './diagnostics-node.ts'

export type { LocalReporter, NotFound } from './diagnostics-node.ts'

// Selected by `#diagnostics` for runtimes without node:diagnostics_channel.

export const hasSubscribers: typeof node.hasSubscribers = () => false

export const publish: typeof node.publish = () => {}

export const localReporter: typeof node.localReporter = () => undefined

export const onNotFound: typeof node.onNotFound = () => {}
