/** A module of a framework's tests that exports `harnesses` or `fetchApps`: the matrix runs it on every runtime. */
export interface FrameworkProgram {
  readonly id: string
  /** Below the adapter's folder. */
  readonly file: string
  /** The names of its harnesses: the columns of docs/runtimes.md. */
  readonly suites: readonly string[]
  /** It listens with `node:http`, which Workers do not have. */
  readonly needsNodeServer: boolean
}

/** A framework with an adapter. */
export interface Framework {
  /** The name that documentation uses. */
  readonly name: string
  /** The adapter's folder in packages/, and the last part of its package's name. */
  readonly folder: string
  readonly programs: readonly FrameworkProgram[]
  /** What the programs import, by the names in the adapter's package.json. */
  readonly imports: readonly string[]
  /** The minimum versions that the adapter supports, by their names in its package.json. */
  readonly minimumVersions: readonly string[]
  /** The app in examples/. Its `dist/main.js` listens on `PORT`. */
  readonly example?: string
}

/** All frameworks. Tests, examples, the matrix and the benchmark read this table. */
export const frameworks: readonly Framework[] = [
  {
    name: 'Express',
    folder: 'express',
    programs: [{ id: 'express', file: 'test/app.ts', suites: ['Express 5', 'Express 4'], needsNodeServer: true }],
    imports: ['express', 'express4'],
    minimumVersions: ['express-min', 'express5-min'],
    example: 'express-session',
  },
  {
    name: 'Fastify',
    folder: 'fastify',
    programs: [{ id: 'fastify', file: 'test/app.ts', suites: ['Fastify 5'], needsNodeServer: true }],
    imports: ['fastify', '@fastify/formbody'],
    minimumVersions: ['fastify-min'],
    example: 'fastify-session',
  },
  {
    name: 'Hono',
    folder: 'hono',
    programs: [{ id: 'hono', file: 'test/app.ts', suites: ['Hono 4'], needsNodeServer: false }],
    imports: ['hono'],
    minimumVersions: ['hono-min'],
    example: 'hono-node',
  },
  {
    name: 'Koa',
    folder: 'koa',
    programs: [{ id: 'koa', file: 'test/app.ts', suites: ['Koa 3', 'Koa 2'], needsNodeServer: true }],
    imports: ['koa', 'koa2', 'koa-mount', '@koa/bodyparser'],
    minimumVersions: ['koa-min', 'koa3-min'],
    example: 'koa-session',
  },
  {
    name: 'h3',
    folder: 'h3',
    programs: [
      { id: 'h3', file: 'test/app.ts', suites: ['h3 2'], needsNodeServer: false },
      { id: 'h3v1', file: 'test/app-v1.ts', suites: ['h3 1'], needsNodeServer: true },
    ],
    imports: ['h3', 'h3v1'],
    minimumVersions: ['h3-min', 'h3v2-min'],
    example: 'h3-session',
  },
]
