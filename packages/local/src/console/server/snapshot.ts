import { channelKind } from '../../protocol/names.ts'
import type { RunningApp } from '../../state/running-app.ts'
import type { AppSnapshot, ChannelSnapshot } from './messages.ts'

/** Listed connections and channels of an app, members of a channel, and characters of a member's info. */
const listLimit = 100
const memberLimit = 20
const infoLimit = 200

/** @param focus channels that contain this text are listed before others */
export function snapshotOf(app: RunningApp, focus: string): AppSnapshot {
  const names = app.channels.occupied()
  const isFirst = (name: string) => focus !== '' && name.includes(focus)
  const listed =
    names.length <= listLimit
      ? names
      : [...names.filter(isFirst), ...names.filter((name) => !isFirst(name))].slice(0, listLimit)
  return {
    id: app.id,
    connectionCount: app.connections.count,
    connections: take(app.connections.values(), listLimit).map((connection) => ({
      socketId: connection.socketId,
      userId: app.users.idOf(connection),
      channelCount: app.channels.countOf(connection),
    })),
    channelCount: names.length,
    channels: listed.sort().map((name) => channelSnapshot(app, name)),
  }
}

function channelSnapshot({ channels }: RunningApp, name: string): ChannelSnapshot {
  return {
    name,
    kind: channelKind(name),
    subscriberCount: channels.subscriptionCount(name),
    memberCount: channels.memberCount(name),
    members: take(channels.members(name), memberLimit).map(({ id, info }) => ({ id, info: info.slice(0, infoLimit) })),
  }
}

function take<T>(values: Iterable<T>, limit: number): T[] {
  const taken: T[] = []
  for (const value of values) {
    if (taken.length === limit) break
    taken.push(value)
  }
  return taken
}
