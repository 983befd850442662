import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { reference } from '@pingerchips/reference'
import GithubSlugger from 'github-slugger'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../', import.meta.url))

describe('docs/api', () => {
  const pages = reference(root)

  test.each([...pages])('%s matches the docstrings (else: npm run docs)', (name, text) => {
    const file = `${root}docs/api/${name}`
    expect(existsSync(file) ? readFileSync(file, 'utf8') : undefined).toBe(text)
  })

  test('every published package has a page', () => {
    const published = readdirSync(`${root}packages`).filter(
      (name) => JSON.parse(readFileSync(`${root}packages/${name}/package.json`, 'utf8')).private !== true,
    )
    expect([...pages.keys()].sort()).toEqual(published.map((name) => `${name}.md`).sort())
    expect(readdirSync(`${root}docs/api`).sort()).toEqual([...pages.keys()].sort())
  })

  test('an export without a docstring, and a link without a target, are errors', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pingerchips-reference-'))
    mkdirSync(`${folder}/packages/p/dist`, { recursive: true })
    const manifest = { name: 'p', description: '', exports: { '.': { types: './dist/index.d.ts' } } }
    writeFileSync(`${folder}/packages/p/package.json`, JSON.stringify(manifest))
    writeFileSync(
      `${folder}/packages/p/dist/index.d.ts`,
      `interface Hidden {}
/** Documented. See {@link Missing}. */
export declare class Shown { private secret: Hidden; method(): Hidden; }
export interface Bare { member: string }`,
    )
    expect(() => reference(`${folder}/`, ['p'])).toThrow(
      [
        'p.md: Bare has no docstring',
        'p.md: Bare.member has no docstring',
        'p.md: Hidden is part of what is exported, and is not exported itself',
        'p.md: Shown.method() has no docstring',
        'p.md: {@link Missing} leads nowhere',
      ].join('\n'),
    )
    rmSync(folder, { recursive: true })
  })
})

const pagesWithLinks = [
  'README.md',
  'SECURITY.md',
  ...readdirSync(`${root}packages`).map((name) => `packages/${name}/README.md`),
  ...readdirSync(`${root}docs`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

test.each(pagesWithLinks)('every link of %s has a target', (page) => {
  const links = [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
  const lost = links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false
    const [path = '', anchor] = link.split('#')
    const target = path === '' ? page : join(dirname(page), path)
    if (!existsSync(root + target)) return true
    if (anchor === undefined) return false
    // GitHub shows a folder's README below it.
    return !anchors(target.endsWith('.md') ? target : `${target}/README.md`).has(anchor)
  })
  expect(lost).toEqual([])
})

/** The anchors that GitHub gives a page's headings. */
function anchors(page: string): Set<string> {
  const slugger = new GithubSlugger()
  return new Set([...prose(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => slugger.slug(heading)))
}

/** A page without its blocks of code. */
function prose(page: string): string {
  return readFileSync(root + page, 'utf8').replaceAll(/^```.*?^```$/gms, '')
}
