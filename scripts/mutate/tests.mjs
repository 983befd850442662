// What is mutated, and the tests that know it: the likeliest to fail first, since the first failure ends a run.

/** By how a file's path below packages/core/src begins; the first that fits counts. */
const rows = [
  ['primitives/', ['primitives']],
  ['sign/request', ['primitives', 'api', 'trigger', 'batch']],
  ['sign/webhook', ['webhook']],
  ['sign/', ['authenticate', 'properties', 'primitives']],
  ['names', ['authenticate', 'properties', 'channels', 'api', 'trigger']],
  ['json', ['authenticate', 'properties', 'webhook', 'trigger']],
  ['bytes', ['bytes', 'encrypted', 'handlers']],
  ['hash/fingerprint', ['fingerprint']],
  ['hash/salt', ['fingerprint', 'limit']],
  ['hash/hash', ['hash']],
  ['hash/', ['anonymize-ip', 'limit']],
  ['channels/', ['channels', 'properties']],
  ['webhook/', ['webhook']],
  ['endpoint/webhooks', ['webhook', 'conformance']],
  ['endpoint/limit', ['limit']],
  ['endpoint/answer', ['handlers', 'conformance', 'limit']],
  ['endpoint/body', ['body', 'handlers', 'conformance']],
  ['endpoint/form', ['form']],
  ['endpoint/deny', ['deny', 'conformance']],
  ['endpoint/callback', ['handlers', 'limit', 'webhook', 'conformance']],
  ['endpoint/endpoint', ['endpoint', 'handlers', 'conformance', 'observe', 'limit']],
  ['endpoint/request-client', ['endpoint']],
  ['endpoint/user', ['endpoint']],
  ['endpoint/signin', ['endpoint', 'handlers', 'conformance']],
  ['endpoint/node', ['node-carrier', 'handlers', 'conformance', 'webhook']],
  ['endpoint/fetch', ['handlers', 'webhook', 'conformance']],
  ['endpoint/', ['handlers', 'conformance']],
]

/** @param {string} file below packages/core/src */
export function testsOf(file) {
  return rows.find(([path]) => file.startsWith(path))?.[1]
}

/** @param {string} name of a row's tests @returns {string} the file, below packages */
export function testFile(name) {
  return name === 'conformance' ? 'conformance/test/handlers.test.ts' : `core/test/${name}.test.ts`
}
