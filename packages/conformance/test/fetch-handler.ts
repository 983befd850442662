import { fetchHandler } from '@pingerchips/core/fetch'
import type { FetchApp } from '../src/fetch.ts'

const fetchApp: FetchApp = {
  name: 'fetchHandler',
  parsers: ['none'],
  standalone: true,
  corpus: 'whole',
  failed: { error: 'Internal server error' },
  build(setup) {
    const { path: _path, ...options } = setup.options<Request>(
      (request, name) => request.headers.get(name) ?? undefined,
    )
    const handler = fetchHandler({ ...options, onError: setup.report })
    return async (request) => {
      if (setup.parser === 'drained' && request.body) await request.text()
      return handler(request)
    }
  },
}

export const fetchApps: readonly FetchApp[] = [fetchApp]
