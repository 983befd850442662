import { type Channel, channel } from 'node:diagnostics_channel'

/** A diagnostics channel of Node. */
export type DiagnosticsChannel = 'pingerchips:trigger' | 'pingerchips:auth'

const channels: Readonly<Record<DiagnosticsChannel, Channel>> = {
  'pingerchips:trigger': channel('pingerchips:trigger'),
  'pingerchips:auth': channel('pingerchips:auth'),
}

/** Whether anybody listens. */
export function hasSubscribers(name: DiagnosticsChannel): boolean {
  return channels[name].hasSubscribers
}

/** Tells whoever listens. What a listener throws, Node reports as an uncaught exception of its own. */
export function publish(name: DiagnosticsChannel, message: object): void {
  channels[name].publish(message)
}
