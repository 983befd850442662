import { createServer } from 'node:http'
import { PingerchipsServer } from '@pingerchips/core'
import express from 'express'
import express4 from 'express4'
import { describeSlowBodies } from '../../core/test/slow-bodies.ts'
import { pingerchips } from '../src/index.ts'

const client = new PingerchipsServer('3', 'secret', { appKey: 'key' })

for (const [name, framework] of [
  ['Express 5', express],
  ['Express 4', express4],
] as const)
  describeSlowBodies(name, () =>
    createServer(framework().use(pingerchips({ client, authorize: () => true, webhooks: { handler() {} } }))),
  )
