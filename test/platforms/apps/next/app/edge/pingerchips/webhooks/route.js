import { POST as handle } from '../../../../lib/auth'
export const runtime = 'edge'
export const POST = handle
