import { POST as handle } from '../../../lib/notify'
export const runtime = 'nodejs'
export const POST = handle
