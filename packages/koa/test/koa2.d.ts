// The aliases of package.json: @types/koa knows none of them.
declare module 'koa2' {
  export { default } from 'koa'
}
declare module 'koa-floor' {
  export { default } from 'koa'
}
declare module 'koa3-floor' {
  export { default } from 'koa'
}
