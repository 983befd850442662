// The aliases of package.json: @types/express knows none of them.
declare module 'express4' {
  export { default } from 'express'
}
declare module 'express-floor' {
  export { default } from 'express'
}
declare module 'express5-floor' {
  export { default } from 'express'
}
