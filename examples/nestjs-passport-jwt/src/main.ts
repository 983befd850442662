import { NestFactory } from '@nestjs/core'
import { AppModule } from './app.module'

async function bootstrap() {
  // Webhooks are verified with the raw bytes.
  const app = await NestFactory.create(AppModule, { rawBody: true })
  await app.listen(process.env.PORT ?? 3000)
}
void bootstrap()
