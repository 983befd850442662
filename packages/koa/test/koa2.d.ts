// The aliases of package.json: @types/koa knows none of them.
declare module 'koa2' {
  export { default } from 'koa'
}
declare module 'koa-min' {
  export { default } from 'koa'
}
declare module 'koa3-min' {
  export { default } from 'koa'
}
