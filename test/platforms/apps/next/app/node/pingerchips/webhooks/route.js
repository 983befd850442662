import { POST as handle } from '../../../../lib/auth'
export const runtime = 'nodejs'
export const POST = handle
