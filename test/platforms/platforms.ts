/** A platform for which an app is built as in production, from the packed packages, in a folder of its own. */
export interface Platform {
  readonly name: string
  /** The versions of its own packages, each fixed: a build must not change by itself. */
  readonly packages: Readonly<Record<string, string>>
  /** The folder of the app in test/platforms/apps. */
  readonly app: string
  /** Files that differ from those of the app, by their paths in it. */
  readonly files?: Readonly<Record<string, string>>
  /** The command that builds, as arguments of Node. */
  readonly build: readonly string[]
  /** What starts the app that was built. */
  readonly start: Start
  /** Each place of the endpoint, with the path that triggers. */
  readonly endpoints: readonly Endpoint[]
  /** The tier: `all` is part of `npm run test:all`, once for each platform. */
  readonly tier: 'all' | 'nightly'
}

export interface Endpoint {
  /** The path before `/auth` and `/webhooks`. */
  readonly path: string
  readonly notify: string
}

/**
 * `node`: arguments of Node, with `PORT` in place of the port. `fetch`: a module whose default export handles a `Request`.
 * `worker`: a module that workerd runs, without the flag `nodejs_compat`.
 */
export type Start =
  | { readonly by: 'node'; readonly args: readonly string[] }
  | { readonly by: 'fetch'; readonly file: string }
  | { readonly by: 'worker'; readonly file: string }

const nitro3 = (preset: string, start: Start, tier: Platform['tier']): Platform => ({
  name: `Nitro 3, preset ${preset}`,
  packages: { nitro: '3.0.0', h3: '2.0.8' },
  app: 'nitro3',
  build: ['node_modules/nitro/dist/cli/index.mjs', 'build', '--preset', preset],
  start,
  endpoints: [{ path: '/pingerchips', notify: '/notify' }],
  tier,
})

const nitro2 = (preset: string, start: Start): Platform => ({
  name: `Nitro 2, preset ${preset}`,
  packages: { nitropack: '2.13.5', h3: '1.15.11' },
  app: 'nitro2',
  build: ['node_modules/nitropack/dist/cli/index.mjs', 'build', '--preset', preset],
  start,
  endpoints: [{ path: '/pingerchips', notify: '/notify' }],
  tier: 'nightly',
})

const nuxt = (version: string, h3: string, tier: Platform['tier']): Platform => ({
  name: `Nuxt ${version}`,
  packages: { nuxt: version, h3 },
  app: 'nuxt',
  build: ['node_modules/nuxt/bin/nuxt.mjs', 'build'],
  start: { by: 'node', args: ['.output/server/index.mjs'] },
  endpoints: [{ path: '/pingerchips', notify: '/notify' }],
  tier,
})

const next = (version: string, react: string): Platform => ({
  name: `Next.js ${version}`,
  packages: { next: version, react, 'react-dom': react },
  app: 'next',
  build: ['node_modules/next/dist/bin/next', 'build'],
  start: { by: 'node', args: ['node_modules/next/dist/bin/next', 'start', '-H', '127.0.0.1', '-p', 'PORT'] },
  endpoints: [
    { path: '/node/pingerchips', notify: '/node/notify' },
    { path: '/edge/pingerchips', notify: '/edge/notify' },
    { path: '/api/pingerchips', notify: '/api/notify' },
  ],
  tier: 'nightly',
})

/** Next.js 16, SvelteKit, Astro, React Router and NestJS have examples, which framework-apps, next and nestjs test. */
export const platforms: readonly Platform[] = [
  nitro3('node-server', { by: 'node', args: ['.output/server/index.mjs'] }, 'nightly'),
  nitro3('cloudflare-module', { by: 'worker', file: '.output/server/index.mjs' }, 'all'),
  nitro2('netlify', { by: 'fetch', file: '.netlify/functions-internal/server/main.mjs' }),
  nitro2('cloudflare-module', { by: 'worker', file: '.output/server/index.mjs' }),
  nuxt('4.4.5', '1.15.11', 'all'),
  nuxt('3.21.11', '1.15.11', 'nightly'),
  next('15.5.29', '19.2.0'),
  next('14.2.35', '18.3.1'),
  {
    ...next('13.4.19', '18.3.1'),
    // Its Edge Runtime has no `performance`: a request there is a 500.
    endpoints: next('13.4.19', '18.3.1').endpoints.filter(({ path }) => !path.startsWith('/edge')),
    files: {
      // Its parser cannot read undici 7.
      'next.config.js':
        "module.exports = { experimental: { serverComponentsExternalPackages: ['@pingerchips/core'] } }\n",
      // The option is not for components of the browser.
      'app/page.js': 'export default function Page() {\n  return <p>An app with Pingerchips</p>\n}\n',
    },
  },
  {
    name: 'Vite 8, a server bundle',
    packages: { vite: '8.4.0' },
    app: 'vite',
    build: ['node_modules/vite/bin/vite.js', 'build'],
    start: { by: 'node', args: ['dist/server.js'] },
    endpoints: [{ path: '/pingerchips', notify: '/notify' }],
    tier: 'all',
  },
]
