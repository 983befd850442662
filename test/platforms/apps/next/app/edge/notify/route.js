import { POST as handle } from '../../../lib/notify'
export const runtime = 'edge'
export const POST = handle
