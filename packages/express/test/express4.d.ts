// The aliases of package.json: @types/express knows none of them.
declare module 'express4' {
  export { default } from 'express'
}
declare module 'express-min' {
  export { default } from 'express'
}
declare module 'express5-min' {
  export { default } from 'express'
}
