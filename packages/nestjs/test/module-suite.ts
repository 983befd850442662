import { createHmac } from 'node:crypto'
import type { CanActivate, ExecutionContext } from '@nestjs/common'
import { type PingerchipsServer as Client, PingerchipsServer } from '@pingerchips/core'
import { startLocal } from '@pingerchips/local/testing'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Nest, platforms, serve } from './nest.ts'

const credentials = { id: '3', key: 'app-key', secret: 'app-secret' }
const client = new PingerchipsServer(credentials.id, credentials.secret, { appKey: credentials.key })
const environment = { ...process.env }
afterEach(() => {
  process.env = { ...environment }
})

async function join(url: string, channel: string, user?: string, path = '/pingerchips/auth') {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: user === undefined ? {} : { 'x-user': user },
    body: new URLSearchParams({ socket_id: '1.1', channel_name: channel }),
  })
  const isJson = response.headers.get('content-type')?.startsWith('application/json')
  return { status: response.status, body: isJson ? await response.json() : await response.text() }
}

/** The module and the middleware in an app of one version of NestJS, on both platforms. */
export function moduleSuite(version: number, load: () => Nest): void {
  describe.each(platforms)(`NestJS ${version} on %s`, (platform) => {
    let nest: Nest
    beforeAll(() => {
      nest = load()
    })

    /** A guard that authenticates by a header. */
    function guard() {
      class HeaderGuard implements CanActivate {
        canActivate(context: ExecutionContext) {
          const request = context.switchToHttp().getRequest()
          const id = request.headers['x-user']
          if (id !== undefined) request.user = { id }
          return id !== undefined
        }
      }
      nest.common.Injectable()(HeaderGuard)
      return HeaderGuard
    }

    /** A service that knows the members of rooms. */
    class RoomsService {
      readonly members: Record<string, string[]> = { kitchen: ['ada'] }
      async isMember(room: string, id: string) {
        return this.members[room]?.includes(id) === true
      }
    }
    const roomsModule = () => {
      class RoomsModule {}
      nest.common.Injectable()(RoomsService)
      nest.common.Module({ providers: [RoomsService], exports: [RoomsService] })(RoomsModule)
      return RoomsModule
    }
    const user = (request: { user?: { id: string } }) => request.user
    const authorize = ({ channel, user }: { channel: string; user: { id: string } }) =>
      channel === `private-user-${user.id}`

    test('forRoot: the endpoint is behind a guard of its own', async () => {
      const { PingerchipsModule } = nest.pingerchips
      const decorators = [nest.common.UseGuards(guard())]
      await using app = await serve(nest, platform, {
        imports: [PingerchipsModule.forRoot({ client, decorators, user, authorize })],
      })
      expect(await join(app.url, 'private-user-ada', 'ada')).toEqual({
        status: 200,
        body: client.authenticate('1.1', 'private-user-ada'),
      })
      expect((await join(app.url, 'private-user-bob', 'ada')).status).toBe(403)
      expect(await join(app.url, 'private-user-ada')).toMatchObject({
        status: 403,
        body: { message: 'Forbidden resource' },
      })
      expect((await fetch(`${app.url}/pingerchips/auth`, { headers: { 'x-user': 'ada' } })).status).toBe(405)
      expect((await join(app.url, 'private-user-ada', 'ada', '/pingerchips/user-auth')).status).toBe(404)
    })

    test('the endpoint is behind global guards, below a global prefix, and beside versions', async () => {
      const Guard = guard()
      const { PingerchipsModule } = nest.pingerchips
      await using app = await serve(
        nest,
        platform,
        { imports: [PingerchipsModule.forRoot({ client, path: '/realtime/auth', user, authorize })] },
        (app) => {
          app.setGlobalPrefix('api')
          app.enableVersioning()
          app.useGlobalGuards(new Guard())
        },
      )
      expect((await join(app.url, 'private-user-ada', 'ada', '/api/realtime/auth')).status).toBe(200)
      expect((await join(app.url, 'private-user-ada', undefined, '/api/realtime/auth')).status).toBe(403)
      expect((await join(app.url, 'private-user-ada', 'ada', '/realtime/auth')).status).toBe(404)
    })

    test('forRootAsync: useFactory has injected services in user and authorize', async () => {
      const { PingerchipsModule } = nest.pingerchips
      await using app = await serve(nest, platform, {
        imports: [
          PingerchipsModule.forRootAsync({
            imports: [roomsModule()],
            inject: [RoomsService],
            decorators: [nest.common.UseGuards(guard())],
            useFactory: async (rooms: RoomsService) => ({
              client,
              user,
              signin: ({ user }: { user: { id: string } }) => ({ id: user.id }),
              authorize: async ({ channel, user }: { channel: string; user: { id: string } }) =>
                (await rooms.isMember(channel.replace('presence-', ''), user.id)) && { user_id: user.id },
            }),
          } as never),
        ],
      })
      expect(await join(app.url, 'presence-kitchen', 'ada')).toMatchObject({
        status: 200,
        body: { channel_data: '{"user_id":"ada"}' },
      })
      expect((await join(app.url, 'presence-kitchen', 'bob')).status).toBe(403)
      expect((await join(app.url, 'presence-kitchen')).status).toBe(403)
      expect((await join(app.url, 'presence-kitchen', 'ada', '/pingerchips/user-auth')).status).toBe(200)
      // There is no handler for webhooks.
      expect((await join(app.url, 'presence-kitchen', 'ada', '/pingerchips/webhooks')).status).toBe(404)
    })

    test.each(['useClass', 'useExisting'])('forRootAsync: %s', async (how) => {
      class OptionsService {
        createPingerchipsOptions() {
          return { client, user: () => ({ id: 'ada' }), authorize }
        }
      }
      class OptionsModule {}
      nest.common.Injectable()(OptionsService)
      nest.common.Module({ providers: [OptionsService], exports: [OptionsService] })(OptionsModule)
      const imports = how === 'useExisting' ? [OptionsModule] : []
      await using app = await serve(nest, platform, {
        imports: [nest.pingerchips.PingerchipsModule.forRootAsync({ imports, [how]: OptionsService } as never)],
      })
      expect((await join(app.url, 'private-user-ada')).status).toBe(200)
      expect((await join(app.url, 'private-user-bob')).status).toBe(403)
    })

    test('an error of authorize reaches the exception filters, and nothing is signed', async () => {
      const error = new Error('the database is down')
      const seen: unknown[] = []
      const filter = {
        catch(caught: unknown, host: import('@nestjs/common').ArgumentsHost) {
          seen.push(caught)
          const response = host.switchToHttp().getResponse()
          app.app.getHttpAdapter().reply(response, { error: 'filtered' }, 503)
        },
      }
      await using app = await serve(
        nest,
        platform,
        {
          imports: [
            nest.pingerchips.PingerchipsModule.forRoot({
              client,
              user: () => ({ id: 'ada' }),
              authorize: () => Promise.reject(error),
            }),
          ],
        },
        (app) => app.useGlobalFilters(filter),
      )
      expect(await join(app.url, 'private-a')).toEqual({ status: 503, body: { error: 'filtered' } })
      expect(seen).toEqual([error])
    })

    describe('webhooks', () => {
      const events: unknown[] = []
      const webhooks = { handler: (received: readonly unknown[]) => void events.push(...received) }
      const body = JSON.stringify(
        { time_ms: Date.now(), events: [{ name: 'channel_occupied', channel: 'private-a' }] },
        null,
        1,
      )
      const deliver = (url: string, signature = createHmac('sha256', credentials.secret).update(body).digest('hex')) =>
        fetch(`${url}/pingerchips/webhooks`, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'x-pusher-key': credentials.key,
            'x-pusher-signature': signature,
          },
          body,
        })
      const modules = () => {
        const decorators = [nest.common.UseGuards(guard())]
        return {
          imports: [nest.pingerchips.PingerchipsModule.forRoot({ client, decorators, user, authorize, webhooks })],
        }
      }

      test('are verified with the raw bytes, and no guard of the endpoint applies to them', async () => {
        events.length = 0
        await using app = await serve(nest, platform, modules(), undefined, { rawBody: true })
        expect((await deliver(app.url)).status).toBe(200)
        expect(events).toHaveLength(1)
        expect((await deliver(app.url, '0'.repeat(64))).status).toBe(401)
        expect(events).toHaveLength(1)
      })

      test('without rawBody: true, the error names it', async () => {
        const seen: unknown[] = []
        const filter = {
          catch(caught: unknown, host: import('@nestjs/common').ArgumentsHost) {
            seen.push(caught)
            app.app.getHttpAdapter().reply(host.switchToHttp().getResponse(), {}, 500)
          },
        }
        await using app = await serve(nest, platform, modules(), (app) => app.useGlobalFilters(filter))
        expect((await deliver(app.url)).status).toBe(500)
        expect(seen).toMatchObject([{ code: 'body_consumed', message: expect.stringContaining('rawBody: true') }])
      })
    })

    test('every module can inject the client, which triggers, and is closed with the app', async () => {
      const service = await startLocal()
      try {
        Object.assign(process.env, service.env)
        const { PingerchipsServer } = nest
        class ShipService {
          readonly pingerchips: Client
          constructor(pingerchips: Client) {
            this.pingerchips = pingerchips
          }
        }
        class ShipModule {}
        nest.common.Inject(PingerchipsServer)(ShipService, undefined, 0)
        nest.common.Injectable()(ShipService)
        nest.common.Module({ providers: [ShipService] })(ShipModule)
        const { PingerchipsModule } = nest.pingerchips
        const app = await serve(nest, platform, {
          imports: [PingerchipsModule.forRoot({ user: () => ({ id: 'ada' }), authorize }), ShipModule],
        })
        const injected = app.app.get(ShipService, { strict: false }).pingerchips
        expect(injected).toBeInstanceOf(PingerchipsServer)
        expect((await join(app.url, 'private-user-ada')).status).toBe(200)
        await injected.trigger('private-user-ada', 'order-shipped', { id: 7 })
        expect((await service.triggered('private-user-ada', 'order-shipped')).data).toEqual({ id: 7 })
        const made = PingerchipsServer.fromEnv()
        await app[Symbol.asyncDispose]()
        await expect(made.trigger('private-a', 'x', {})).rejects.toMatchObject({ code: 'closed' })
      } finally {
        await service.close()
      }
    })

    test('an app without secrets starts; its first use says what is missing', async () => {
      for (const name of Object.keys(process.env)) if (name.startsWith('PINGERCHIPS_')) delete process.env[name]
      const { PingerchipsModule } = nest.pingerchips
      await using app = await serve(nest, platform, {
        imports: [PingerchipsModule.forRoot({ user: () => ({ id: 'ada' }), authorize })],
      })
      expect((await join(app.url, 'private-user-bob')).status).toBe(403)
      expect((await join(app.url, 'private-user-ada')).status).toBe(500)
      const injected = app.app.get(nest.PingerchipsServer)
      expect(() => injected.authenticate('1.1', 'private-a')).toThrow(/PINGERCHIPS_APP_ID/)
      injected.authenticate = () => ({ auth: 'mocked' })
      expect(injected.authenticate('1.1', 'private-a')).toEqual({ auth: 'mocked' })
    })

    test.each(['*', '/pingerchips/auth'])(
      'middleware: consumer.apply(pingerchips(…)).forRoutes(%j)',
      async (routes) => {
        class RouteController {
          act(request: { pingerchips?: unknown; raw?: { pingerchips?: unknown } }) {
            return { has: (request.pingerchips ?? request.raw?.pingerchips) !== undefined }
          }
        }
        const descriptor = Object.getOwnPropertyDescriptor(
          RouteController.prototype,
          'act',
        ) as TypedPropertyDescriptor<unknown>
        nest.common.Req()(RouteController.prototype, 'act', 0)
        nest.common.Get()(RouteController.prototype, 'act', descriptor)
        nest.common.Controller('route')(RouteController)
        const middleware = nest.pingerchips.pingerchips({ client, user: () => ({ id: 'ada' }), authorize })
        await using app = await serve(nest, platform, {
          controllers: [RouteController],
          configure: (consumer) => consumer.apply(middleware).forRoutes(routes),
        })
        expect((await join(app.url, 'private-user-ada')).status).toBe(200)
        expect((await join(app.url, 'private-user-bob')).status).toBe(403)
        for (const path of ['/x/pingerchips/auth', '/pingerchips/auth/x', '/pingerchips/auth%23/x'])
          expect((await join(app.url, 'private-user-ada', undefined, path)).status).toBe(404)
        expect(await (await fetch(`${app.url}/route`)).json()).toEqual({ has: routes === '*' })
      },
    )
  })
}
