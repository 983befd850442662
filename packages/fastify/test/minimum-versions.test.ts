import { conformance } from '@pingerchips/conformance'
import type Fastify from 'fastify'
import FastifyMin from 'fastify-min'
import { harness } from './app.ts'

// The types belong to another package; they have the same shape.
conformance({ ...harness('Fastify 5.0.0', FastifyMin as unknown as typeof Fastify), isMinimumVersion: true })
