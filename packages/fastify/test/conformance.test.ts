import { conformance } from '@pingerchips/conformance'
import type Fastify from 'fastify'
import FastifyFloor from 'fastify-floor'
import { harness, harnesses } from './app.ts'

// Its types are another package's: to these tests it is the same.
const floor = harness('Fastify 5.0.0', FastifyFloor as unknown as typeof Fastify)
for (const each of harnesses) conformance(each)
conformance({ ...floor, isOld: true })
