import { expect, test, vi } from 'vitest'
import { once } from '../src/internal/once.ts'

test('a load that fails is forgotten: the next call loads again, and its result is kept', async () => {
  const load = vi.fn<() => Promise<number>>().mockRejectedValueOnce(new Error('EMFILE')).mockResolvedValue(1)
  const get = once(load)
  await expect(Promise.allSettled([get(), get()])).resolves.toMatchObject([
    { reason: { message: 'EMFILE' } },
    { reason: { message: 'EMFILE' } },
  ])
  expect(load).toHaveBeenCalledTimes(1)
  expect([await get(), await get()]).toEqual([1, 1])
  expect(load).toHaveBeenCalledTimes(2)
})
