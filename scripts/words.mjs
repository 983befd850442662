// Fails if a file of the repository contains a word of the list. The prose rules are in CONTRIBUTING.md.
import { spawnSync } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Each word, and what to write instead. */
const words = {
  whoever: 'the actor: you, the client, the server, the service',
  nobody: 'the actor, or a passive: "an unauthenticated request", "is not called"',
  somebody: 'the actor: a user, a client, an attacker',
  hears: 'receives, is called with',
  told: 'receives, is passed',
  mend: 'fix, format',
}

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const pattern = `\\b(${Object.keys(words).join('|')})\\b`
const files = ['*.md', '*.ts', '*.mjs', '*.yml', ':!scripts/words.mjs']
const { status, stdout, stderr } = spawnSync(
  'git',
  ['grep', '--no-color', '-n', '-i', '-E', '--untracked', pattern, '--', ...files],
  { cwd: root, encoding: 'utf8' },
)
// git grep exits with 1 if nothing matches.
if (status === 1) process.exit(0)
if (status !== 0) {
  console.error(stderr)
  process.exit(1)
}
for (const line of stdout.trimEnd().split('\n')) {
  const [, word = ''] =
    new RegExp(pattern.replaceAll('\\b', '(?:^|\\W)'), 'i').exec(line.replace(/^[^:]*:\d+:/, '')) ?? []
  console.error(`${line}\n  Instead of '${word}': ${words[word.toLowerCase()]}.`)
}
process.exit(1)
