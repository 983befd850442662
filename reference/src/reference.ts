import { Homes } from './homes.ts'
import { Library } from './library.ts'
import { Page } from './page.ts'

/** The packages that an app installs. */
const documented = ['core', 'express', 'fastify', 'h3', 'hono', 'koa', 'jwt', 'local']

/**
 * The pages of docs/api, by file name, from the types that were built last.
 * @param root of the repository, with a slash at its end
 * @param names of the folders below packages/
 * @throws {Error} naming every docstring and export that is missing, and every link that leads nowhere
 */
export function reference(root: string, names: readonly string[] = documented): Map<string, string> {
  const library = new Library(names.map((name) => `${root}packages/${name}`))
  const homes = new Homes(library)
  const pages = library.packages.map((one) => new Page(library, homes, one))
  const texts = new Map(pages.map((page) => [page.name, page.text()]))
  const problems = new Set(pages.flatMap((page) => page.problems.map((problem) => `${page.name}: ${problem}`)))
  if (problems.size > 0) throw new Error(`The API reference cannot be written:\n${[...problems].sort().join('\n')}`)
  return texts
}
