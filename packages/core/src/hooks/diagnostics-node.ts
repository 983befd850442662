import { type Channel, channel } from 'node:diagnostics_channel'

export { type LocalReporter, localReporter, type NotFound, onNotFound } from './local-service.ts'

/** Names of the diagnostics channels. */
export type DiagnosticsChannel = 'pingerchips:trigger' | 'pingerchips:auth' | 'pingerchips:decision'

const channels: Readonly<Record<DiagnosticsChannel, Channel>> = {
  'pingerchips:trigger': channel('pingerchips:trigger'),
  'pingerchips:auth': channel('pingerchips:auth'),
  'pingerchips:decision': channel('pingerchips:decision'),
}

export function hasSubscribers(name: DiagnosticsChannel): boolean {
  return channels[name].hasSubscribers
}

/** Publishes a message. Node reports what a subscriber throws as an uncaught exception. */
export function publish(name: DiagnosticsChannel, message: object): void {
  channels[name].publish(message)
}
