import type { Handler } from './router.ts'

/** `GET /` */
export const about: Handler = () => ({
  service: '@pingerchips/local',
  purpose: 'development, demos and tests on this machine; never production',
})
