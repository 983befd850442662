export { POST } from '../auth/route'
