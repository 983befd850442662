/** What one check found. */
export interface Finding {
  readonly check: string
  readonly state: 'ok' | 'failed' | 'skipped'
  readonly found: string
  /** What to do about it. */
  readonly mend?: string
}

export function ok(check: string, found: string): Finding {
  return { check, state: 'ok', found }
}

export function failed(check: string, found: string, mend: string): Finding {
  return { check, state: 'failed', found, mend }
}

/** Could not be looked at. Alone it fails nothing. */
export function skipped(check: string, why: string): Finding {
  return { check, state: 'skipped', found: why }
}

const marks = { ok: '✓', failed: '✗', skipped: '–' }

/** One line, and beneath it the mend. */
export function findingText({ check, state, found, mend }: Finding): string {
  const line = `${marks[state]} ${check}: ${found}`
  return mend === undefined ? line : `${line}\n  → ${mend}`
}
