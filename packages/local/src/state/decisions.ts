import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { type Decision, explainDecision } from '../explain/decision.ts'
import { isRecord } from '../protocol/json.ts'
import type { Log } from './log.ts'
import type { RunningApp, RunningApps } from './running-app.ts'

/** The diagnostics channel of core: apps in this process publish their decisions there. */
const channelName = 'pingerchips:decision'
/** Characters of an error message that are logged. */
const errorLimit = 500

/**
 * Calls `listener` with every decision of an auth endpoint in this process.
 * @returns a function that ends it
 */
export function onDecision(listener: (decision: Decision) => void): () => void {
  const onMessage = (message: unknown): void => {
    try {
      const decision = toDecision(message)
      if (decision !== undefined) listener(decision)
    } catch (error) {
      // Node reports an error of a subscriber as an uncaught exception, which would end the app.
      console.error(error)
    }
  }
  subscribe(channelName, onMessage)
  return () => {
    unsubscribe(channelName, onMessage)
  }
}

/** Ids of decisions that were logged, the newest last. */
const loggedIds = new WeakMap<Log, Set<string>>()
const idLimit = 2000

/**
 * Writes a decision to the log of the app that the connection belongs to. An app in this process that reports too sends
 * each twice: the second is dropped.
 * @param sender the app whose secret signed the report
 */
export function logDecision(apps: RunningApps, log: Log, decision: Decision, sender?: RunningApp): void {
  const { id, type, outcome, socketId, channel, status, reason, rule, error, request, duration } = decision
  const ids = loggedIds.get(log) ?? new Set()
  loggedIds.set(log, ids)
  if (id !== undefined && ids.has(id)) return
  if (id !== undefined) ids.add(id)
  for (const oldest of ids) if (ids.size > idLimit) ids.delete(oldest)
  const app = [...apps.byId.values()].find(({ connections }) => connections.isKnown(socketId ?? '')) ?? sender
  log.write(app?.id, () => ({
    type: 'decision',
    request: type,
    outcome,
    socketId,
    channel,
    status,
    reason,
    rule,
    error,
    hasCookie: request.hasCookie,
    hasAuthorization: request.hasAuthorization,
    origin: request.origin,
    ms: duration,
    explanation: explainDecision(decision),
  }))
}

/** Validates a decision. Accepts the event of core, whose `error` is an `Error`, and its JSON, where it is text. */
export function toDecision(value: unknown): Decision | undefined {
  if (!isRecord(value) || !isRecord(value.request)) return undefined
  const { type, outcome, rule, error, status, duration } = value
  const { method, path, hasCookie, hasAuthorization, origin, host, contentType } = value.request
  if (type !== 'subscribe' && type !== 'signin') return undefined
  if (outcome !== 'granted' && outcome !== 'refused' && outcome !== 'failed') return undefined
  return {
    id: text(value.id),
    type,
    outcome,
    socketId: text(value.socketId),
    channel: text(value.channel),
    kind: text(value.kind),
    status: typeof status === 'number' ? status : undefined,
    reason: text(value.reason),
    rule: rule === null ? null : text(rule),
    error: error instanceof Error ? `${error.name}: ${error.message}`.slice(0, errorLimit) : text(error),
    request: {
      method: text(method) ?? '',
      path: text(path),
      hasCookie: hasCookie === true,
      hasAuthorization: hasAuthorization === true,
      origin: text(origin),
      host: text(host),
      contentType: text(contentType),
    },
    duration: typeof duration === 'number' ? duration : 0,
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value.slice(0, errorLimit) : undefined
}
