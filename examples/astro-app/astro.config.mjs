import node from '@astrojs/node'
import { defineConfig, passthroughImageService } from 'astro/config'

export default defineConfig({
  output: 'server',
  adapter: node({ mode: 'standalone' }),
  // The domains of the app. Astro refuses forms, such as those of pusher-js, on any other.
  security: { allowedDomains: [{ hostname: 'localhost' }, { hostname: '127.0.0.1' }] },
  image: { service: passthroughImageService() }, // the app has no images, and so needs no sharp
})
