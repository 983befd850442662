import { conformance } from '@pingerchips/conformance'
import express from 'express'
import { harness } from './app.ts'

conformance(harness('Express 5', express))
