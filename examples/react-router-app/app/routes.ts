import { index, type RouteConfig, route } from '@react-router/dev/routes'

export default [
  index('routes/home.tsx'),
  route('login', 'routes/login.ts'),
  route('notify/:id', 'routes/notify.ts'),
  route('pingerchips/auth', 'routes/pingerchips-auth.ts'),
] satisfies RouteConfig
