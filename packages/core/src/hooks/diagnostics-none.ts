import type { DiagnosticsChannel } from './diagnostics-node.ts'

/** For runtimes without diagnostics channels. */
export function hasSubscribers(_name: DiagnosticsChannel): boolean {
  return false
}

export function publish(_name: DiagnosticsChannel, _message: object): void {}
