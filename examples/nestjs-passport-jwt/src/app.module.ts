import { Module, UseGuards } from '@nestjs/common'
import { AuthGuard } from '@nestjs/passport'
import { PingerchipsModule } from '@pingerchips/nestjs'
import { AuthModule, type User } from './auth.module'
import { OrdersController } from './orders.controller'
import { RoomsModule, RoomsService } from './rooms.service'

@Module({
  imports: [
    AuthModule,
    PingerchipsModule.forRootAsync({
      imports: [RoomsModule],
      inject: [RoomsService],
      decorators: [UseGuards(AuthGuard('jwt'))],
      useFactory: (rooms: RoomsService) => ({
        user: (request) => request.user as User,
        authorize: rooms.rules,
      }),
    }),
  ],
  controllers: [OrdersController],
})
export class AppModule {}
