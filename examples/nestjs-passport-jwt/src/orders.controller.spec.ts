import { Test } from '@nestjs/testing'
import { PingerchipsServer } from '@pingerchips/core'
import { OrdersController } from './orders.controller'

describe('OrdersController', () => {
  const client = PingerchipsServer.disabled()
  const trigger = jest.spyOn(client, 'trigger')

  it('triggers order-shipped for the user of the request', async () => {
    const module = await Test.createTestingModule({
      controllers: [OrdersController],
      providers: [{ provide: PingerchipsServer, useValue: client }],
    }).compile()
    const controller = module.get(OrdersController)
    await controller.ship('7', { user: { id: 'alice', name: 'Alice' } }, '1.1')
    expect(trigger).toHaveBeenCalledWith('private-user-alice', 'order-shipped', { id: '7' }, { socketId: '1.1' })
  })
})
