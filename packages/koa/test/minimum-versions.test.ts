import { conformance } from '@pingerchips/conformance'
import KoaMin from 'koa-min'
import Koa2 from 'koa2'
import Koa3Min from 'koa3-min'
import { harness } from './app.ts'

conformance({ ...harness('Koa 3.0.0', Koa3Min), isMinimumVersion: true })
conformance({ ...harness('Koa 2, newest', Koa2), isMinimumVersion: true })
conformance({ ...harness('Koa 2.16.0', KoaMin), isMinimumVersion: true })
