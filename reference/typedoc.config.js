import { readdirSync, readFileSync } from 'node:fs'
import { Converter } from 'typedoc'

const packages = readdirSync('../packages').filter(
  (name) => !JSON.parse(readFileSync(`../packages/${name}/package.json`, 'utf8')).private,
)

/** @type {Partial<import('typedoc').TypeDocOptions & import('typedoc-plugin-markdown').PluginOptions>} */
export default {
  plugin: ['typedoc-plugin-markdown', nameModules],
  // Each entry point of each published package, by the name that users import.
  entryPoints: packages.flatMap((name) =>
    Object.values(JSON.parse(readFileSync(`../packages/${name}/package.json`, 'utf8')).exports)
      .filter((target) => typeof target === 'object')
      .map(({ default: { types } }) => `../packages/${name}/${types.replace('dist/', 'src/').replace('.d.ts', '.ts')}`),
  ),
  tsconfig: 'tsconfig.json',
  out: '../docs/api',
  // npm run check does it, with the compiler that builds.
  skipErrorChecking: true,
  readme: 'none',
  name: 'API reference',
  treatValidationWarningsAsErrors: true,
  router: 'module',
  hidePageHeader: true,
  disableSources: true,
  // Comments that an adapter inherits name types of core.
  externalSymbolLinkMappings: { '@pingerchips/core': { '*': 'core.md' } },
  excludePrivate: true,
  excludeInternal: true,
  parametersFormat: 'table',
  propertyMembersFormat: 'table',
  expandObjects: false,
  validation: { notExported: false, invalidLink: true, notDocumented: true },
  requiredToBeDocumented: ['Class', 'Interface', 'Function', 'TypeAlias', 'Variable', 'Property', 'Method', 'Accessor'],
}

/** Names a module as its users do: `core/adapter` for packages/core/src/adapter.ts. */
function nameModules({ converter }) {
  converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) module.name = module.name.replace('/src', '')
  })
}
