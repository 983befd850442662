import { conformance } from '@pingerchips/conformance'
import KoaFloor from 'koa-floor'
import Koa3Floor from 'koa3-floor'
import { harness, harnesses } from './app.ts'

const floors = [harness('Koa 3.0.0', Koa3Floor), harness('Koa 2.16.0', KoaFloor)]
for (const each of harnesses) conformance(each)
for (const floor of floors) conformance({ ...floor, isOld: true })
