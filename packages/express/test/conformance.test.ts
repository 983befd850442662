import { conformance } from '@pingerchips/conformance'
import expressFloor from 'express-floor'
import express5Floor from 'express5-floor'
import { harness, harnesses } from './app.ts'

const floors = [harness('Express 5.0.0', express5Floor), harness('Express 4.18.0', expressFloor)]
for (const each of harnesses) conformance(each)
for (const floor of floors) conformance({ ...floor, isOld: true })
