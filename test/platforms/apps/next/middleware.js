import { PingerchipsServer } from '@pingerchips/core'
import { NextResponse } from 'next/server'

export function middleware() {
  return NextResponse.next({ headers: { 'x-client': typeof PingerchipsServer } })
}
