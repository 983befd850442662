import { builtinModules } from 'node:module'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build, type Plugin } from 'esbuild'
import type { Subject } from './subjects.ts'

interface Bytes {
  readonly plain: number
  readonly gzip: number
}

/** An app for the edge that signs: what its author writes, with each library. */
const apps: Readonly<Record<Subject, string>> = {
  '@pingerchips/core': `import { PingerchipsServer } from '@pingerchips/core'
import { fetchHandler } from '@pingerchips/core/fetch'
export default fetchHandler({ client: new PingerchipsServer('1', 's', { appKey: 'k' }), authorize: () => true })`,
  '@pingerchips/express': adapterApp('express'),
  '@pingerchips/fastify': adapterApp('fastify'),
  '@pingerchips/h3': adapterApp('h3'),
  '@pingerchips/hono': adapterApp('hono'),
  '@pingerchips/koa': adapterApp('koa'),
  pusher: `import Pusher from 'pusher'
export default new Pusher({ appId: '1', key: 'k', secret: 's' }).authorizeChannel('1.1', 'private-a')`,
  '@liveblocks/node': `import { Liveblocks } from '@liveblocks/node'
export default new Liveblocks({ secret: 'sk_1' }).prepareSession('ada').authorize()`,
  ably: `import { Rest } from 'ably'
export default new Rest({ key: 'a.b:c' }).auth.createTokenRequest({ clientId: 'ada' })`,
}

function adapterApp(framework: string): string {
  return `import { PingerchipsServer } from '@pingerchips/core'
import { pingerchips } from '@pingerchips/${framework}'
const options = { client: new PingerchipsServer('1', 's', { appKey: 'k' }), authorize: () => true }
export default [pingerchips, options]`
}

/** Without the modules that import() loads on first use. */
const withoutLater: Plugin = {
  name: 'without what is loaded later',
  setup({ onResolve }) {
    onResolve({ filter: /^/ }, ({ kind }) => (kind === 'dynamic-import' ? { external: true } : undefined))
  },
}

/** Bundled and minified for workerd; `undefined` where esbuild cannot. */
export async function edgeSize(subject: Subject): Promise<Record<'first' | 'all', Bytes | undefined>> {
  return { first: await bundled(apps[subject], [withoutLater]), all: await bundled(apps[subject], []) }
}

async function bundled(contents: string, plugins: Plugin[]): Promise<Bytes | undefined> {
  const built = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('../..', import.meta.url)) },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker', 'browser'],
    external: [
      ...builtinModules.flatMap((name) => [name, `node:${name}`]),
      '@noble/ciphers',
      'express',
      'fastify',
      'h3',
      'hono',
      'koa',
    ],
    plugins,
    logLevel: 'silent',
  }).catch(() => undefined)
  const [file] = built?.outputFiles ?? []
  return file && { plain: file.contents.byteLength, gzip: gzipSync(file.contents, { level: 9 }).byteLength }
}
