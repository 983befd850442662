import type { User } from '$lib/server/users'

declare global {
  namespace App {
    interface Locals {
      user: User | undefined
    }
  }
}
