import { describe } from 'vitest'
import type { Harness, Traits } from '../app/harness.ts'
import { fuzz } from './fuzz.ts'
import { mounting } from './mounting.ts'
import { type OpenApp, openHere } from './opened-app.ts'
import { properties } from './properties.ts'
import { rows } from './rows.ts'
import { slowClients } from './slow-clients.ts'
import { sockets } from './sockets.ts'
import { tenants } from './tenants.ts'
import { triggers } from './triggers.ts'
import { webhooks } from './webhooks.ts'

/** Runs the conformance suite for a framework in this process. */
export function conformance(harness: Harness): void {
  runConformance(harness, (plan) => openHere(harness, plan))
}

/** Runs the conformance suite for apps that may run in another process. */
export function runConformance(traits: Traits, open: OpenApp): void {
  const subject = { ...traits, open }
  if (subject.readsBodies)
    console.log(
      `${subject.name}: skips raw sockets, slow clients and malformed HTTP. The framework reads every body before the endpoint.`,
    )
  describe(subject.name, () => {
    rows(subject)
    mounting(subject)
    describe('tenants', () => tenants(subject))
    if (!subject.standalone) describe('the option property', () => properties(subject))
    if (!subject.readsBodies) describe('raw sockets', () => sockets(subject))
    // Another process has timers of its own.
    if (!subject.isRemote && !subject.readsBodies) describe('slow clients', () => slowClients(subject))
    describe('repeated webhooks', () => webhooks(subject))
    if (!subject.standalone) describe('triggers', () => triggers(subject))
    if (!subject.readsBodies) describe('malformed HTTP', () => fuzz(subject))
  })
}
