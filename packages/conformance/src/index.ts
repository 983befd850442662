export { conformance, type JudgedApp, judge, type OpenApp } from './conformance.ts'
export { Connection } from './request.ts'
