/** Result of one check. */
export interface CheckResult {
  readonly check: string
  readonly state: 'ok' | 'failed' | 'skipped'
  readonly found: string
  /** What to do about a failure. */
  readonly fix?: string
}

export function ok(check: string, found: string): CheckResult {
  return { check, state: 'ok', found }
}

export function failed(check: string, found: string, fix: string): CheckResult {
  return { check, state: 'failed', found, fix }
}

/** The result of a check that could not run. It fails nothing. */
export function skipped(check: string, reason: string): CheckResult {
  return { check, state: 'skipped', found: reason }
}

const marks = { ok: '✓', failed: '✗', skipped: '–' }

/** One line, and the fix below it. */
export function resultText({ check, state, found, fix }: CheckResult): string {
  const line = `${marks[state]} ${check}: ${found}`
  return fix === undefined ? line : `${line}\n  → ${fix}`
}
