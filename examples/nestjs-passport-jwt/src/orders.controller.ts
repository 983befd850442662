import { Controller, Headers, Param, Post, Req, UseGuards } from '@nestjs/common'
import { AuthGuard } from '@nestjs/passport'
import { PingerchipsServer } from '@pingerchips/core'
import type { User } from './auth.module'

@Controller('orders')
@UseGuards(AuthGuard('jwt'))
export class OrdersController {
  constructor(private readonly pingerchips: PingerchipsServer) {}

  @Post(':id/ship')
  async ship(@Param('id') id: string, @Req() request: { user: User }, @Headers('x-socket-id') socketId?: string) {
    // Not to the connection that has shipped it, whose page knows.
    await this.pingerchips.trigger(`private-user-${request.user.id}`, 'order-shipped', { id }, { socketId })
    return { ok: true }
  }
}
