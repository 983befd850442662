import { randomBytes } from 'node:crypto'
import { Body, Controller, Injectable, Module, Post, UnauthorizedException } from '@nestjs/common'
import { JwtModule, JwtService } from '@nestjs/jwt'
import { PassportModule, PassportStrategy } from '@nestjs/passport'
import { ExtractJwt, Strategy } from 'passport-jwt'

export interface User {
  readonly id: string
  readonly name: string
}

// Set it: with a random one, all tokens are void when the app restarts.
const secret = process.env.JWT_SECRET ?? randomBytes(32).toString('hex')
const names = { issuer: 'https://shop.example', audience: 'https://shop.example/api' }

const users: readonly User[] = [
  { id: 'alice', name: 'Alice' },
  { id: 'bob', name: 'Bob' },
]

@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor() {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKey: secret,
      algorithms: ['HS256'],
      ...names,
    })
  }

  /** Returns the user, which becomes `request.user`. */
  validate({ sub }: { sub?: string }): User {
    const user = users.find(({ id }) => id === sub)
    if (user === undefined) throw new UnauthorizedException()
    return user
  }
}

@Controller('login')
export class LoginController {
  constructor(private readonly jwt: JwtService) {}

  // Your app checks a password here.
  @Post()
  async login(@Body() body: { name?: string }) {
    const user = users.find(({ id }) => id === body.name)
    if (user === undefined) throw new UnauthorizedException()
    return { token: await this.jwt.signAsync({ sub: user.id }) }
  }
}

@Module({
  imports: [PassportModule, JwtModule.register({ secret, signOptions: { expiresIn: '15m', ...names } })],
  controllers: [LoginController],
  providers: [JwtStrategy],
})
export class AuthModule {}
