import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import GithubSlugger from 'github-slugger'
import { expect, test } from 'vitest'

const root = new URL('../', import.meta.url)
const documents = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'bench/README.md'],
  ...readdirSync(new URL('docs/', root))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  ...readdirSync(new URL('packages/', root))
    .map((name) => `packages/${name}/README.md`)
    .filter((path) => existsSync(new URL(path, root))),
]

function proseOf(url: URL): string {
  return readFileSync(url, 'utf8').replaceAll(/```.*?```/gs, '')
}

function anchorsOf(url: URL): ReadonlySet<string> {
  const slugger = new GithubSlugger()
  return new Set(
    [...proseOf(url).matchAll(/^#+ (.+)$/gm)].map(([, text = '']) => slugger.slug(text.replaceAll('`', ''))),
  )
}

test.each(documents)('every link of %s leads to a file and a heading', (document) => {
  const base = new URL(document, root)
  const broken = [...proseOf(base).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^https?:/.test(link))
    .filter((link) => {
      const target = new URL(link, base)
      const anchor = target.hash.slice(1)
      target.hash = ''
      if (!existsSync(target)) return true
      const file = statSync(target).isDirectory() ? new URL(`${target.href.replace(/\/?$/, '/')}README.md`) : target
      return anchor !== '' && !(existsSync(file) && anchorsOf(file).has(anchor))
    })
  expect(broken).toEqual([])
})
