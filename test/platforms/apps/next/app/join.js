'use client'
import { client, room } from '../lib/shared'

export function Join() {
  const join = () => {
    try {
      client()
    } catch (error) {
      document.title = error.message
    }
  }
  return (
    <button type="button" onClick={join}>
      {room('a')}
    </button>
  )
}
