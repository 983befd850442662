import type { INestApplication } from '@nestjs/common'
import { Test } from '@nestjs/testing'
import { fakeRequest, startLocal, type TestService } from '@pingerchips/local/testing'
import request from 'supertest'
import type { App } from 'supertest/types'
import { AppModule } from '../src/app.module'

describe('the app (e2e)', () => {
  let service: TestService
  let app: INestApplication<App>
  const tokens: Record<string, string> = {}

  beforeAll(async () => {
    service = await startLocal()
    Object.assign(process.env, service.env)
    const module = await Test.createTestingModule({ imports: [AppModule] }).compile()
    app = module.createNestApplication({ rawBody: true })
    await app.init()
    for (const name of ['alice', 'bob']) {
      const response = await request(app.getHttpServer()).post('/login').send({ name }).expect(201)
      tokens[name] = (response.body as { token: string }).token
    }
  })
  afterAll(async () => {
    await app.close()
    await service.close()
  })

  const join = (channel: string, token?: string) => {
    const { url, headers, body } = fakeRequest.auth({ channel })
    const attempt = request(app.getHttpServer()).post(url).set(headers)
    return (token === undefined ? attempt : attempt.auth(token, { type: 'bearer' })).send(body)
  }

  it('lets a user subscribe to their own channel and to their rooms, and to no other', async () => {
    await join('private-user-alice', tokens.alice).expect(200)
    await join('private-user-alice', tokens.bob).expect(403)
    await join('presence-room-kitchen', tokens.alice).expect(200)
    await join('presence-room-kitchen', tokens.bob).expect(403)
    await join('private-other', tokens.alice).expect(403)
  })

  it('refuses a missing and a forged token by the guard', async () => {
    await join('private-user-alice').expect(401)
    await join('private-user-alice', `${tokens.alice}x`).expect(401)
  })

  it('sends order-shipped to the user', async () => {
    await request(app.getHttpServer()).post('/orders/7/ship').auth(tokens.alice, { type: 'bearer' }).expect(201)
    const { data } = await service.triggered('private-user-alice', 'order-shipped')
    expect(data).toEqual({ id: '7' })
  })
})
