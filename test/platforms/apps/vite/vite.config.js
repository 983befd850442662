// Everything in one bundle, as SvelteKit and others build for production.
export default { build: { ssr: 'server.js' }, ssr: { noExternal: true } }
