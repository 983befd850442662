import { conformance } from '@pingerchips/conformance'
import expressMin from 'express-min'
import express4 from 'express4'
import express5Min from 'express5-min'
import { harness } from './app.ts'

conformance({ ...harness('Express 5.0.0', express5Min), isMinimumVersion: true })
conformance({ ...harness('Express 4, newest', express4), isMinimumVersion: true })
conformance({ ...harness('Express 4.18.0', expressMin), isMinimumVersion: true })
