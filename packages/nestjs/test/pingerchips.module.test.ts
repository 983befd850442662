import { PingerchipsServer } from '@pingerchips/core'
import { afterAll, describe, expect, test } from 'vitest'
import { moduleSuite } from './module-suite.ts'
import { nest11, serve } from './nest.ts'

moduleSuite(11, () => nest11)

const client = new PingerchipsServer('3', 'app-secret', { appKey: 'app-key' })

describe('options', () => {
  const { PingerchipsModule } = nest11.pingerchips
  const good = { client, user: () => ({ id: 'ada' }), authorize: () => true }

  test.each<[what: string, options: object]>([
    ['no authorize', { ...good, authorize: undefined }],
    ['an unknown option', { ...good, autorize: () => true }],
    ['a path that is no path', { ...good, path: 'x y' }],
  ])('forRoot() throws on %s', (_what, options) => {
    expect(() => PingerchipsModule.forRoot(options as never)).toThrow(
      expect.objectContaining({ code: 'invalid_argument' }),
    )
  })

  test.each<[what: string, options: object]>([
    ['nothing that makes options', {}],
    ['two ways to make options', { useFactory: () => good, useClass: class {} }],
    ['a path that is no path', { useFactory: () => good, path: 'x y' }],
  ])('forRootAsync() throws on %s', (_what, options) => {
    expect(() => PingerchipsModule.forRootAsync(options as never)).toThrow(
      expect.objectContaining({ code: 'invalid_argument' }),
    )
  })

  test('an app does not start with bad options of a factory', async () => {
    const imports = [PingerchipsModule.forRootAsync({ useFactory: () => ({ ...good, authorize: 1 }) } as never)]
    await expect(serve(nest11, 'Express', { imports })).rejects.toThrow(/authorize/)
  })

  afterAll(() => client.close())
})
