/**
 * Mutation testing of the package in whose folder it runs: `npm run mutate -- core`. A survivor is accepted by a comment with its
 * reason in the code: `// Stryker disable next-line …: reason`.
 *
 * @type {import('@stryker-mutator/api/core').PartialStrykerOptions}
 */
export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: new URL('vitest.config.js', import.meta.url).pathname, related: false },
  mutate: process.env.MUTATE?.split(',') ?? ['src/**/*.ts', '!src/index.ts', '!src/**/console/page/**'],
  // The packages of the workspace are links, which a copy would not have.
  inPlace: true,
  coverageAnalysis: 'perTest',
  ignoreStatic: true,
  // An error's message may change in its wording.
  mutator: { excludedMutations: ['StringLiteral'] },
  concurrency: 2,
  timeoutMS: 20_000,
  reporters: ['clear-text', 'progress-append-only'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false, reportScoreTable: true },
  thresholds: { high: 95, low: 90, break: 90 },
  tempDirName: '../../node_modules/.cache/stryker',
}
