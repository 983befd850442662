import node from '@astrojs/node'
import { defineConfig, passthroughImageService } from 'astro/config'

export default defineConfig({
  output: 'server',
  adapter: node({ mode: 'standalone' }),
  image: { service: passthroughImageService() }, // the app has no images, and so needs no sharp
})
