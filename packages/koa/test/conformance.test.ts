import { conformance } from '@pingerchips/conformance'
import Koa from 'koa'
import { harness } from './app.ts'

conformance(harness('Koa 3', Koa))
