// By path: with a dependency in package.json, core and local would depend on each other in the workspace. The service
// imports nothing of core; only local's doctor does.
export { defaultApp, type LocalService, startLocal } from '../../local/src/index.ts'
