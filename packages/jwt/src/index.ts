export type { JwtAlgorithm, PublicKeyAlgorithm, SecretAlgorithm } from './algorithms.ts'
export { type JwtClaims, type JwtUser, jwtUser } from './jwt-user.ts'
export type {
  JwksOptions,
  JwksUrlOptions,
  JwtUserOptions,
  KeyOptions,
  PublicKeyOptions,
  SecretOptions,
} from './options.ts'
export type { JwtRejection, JwtRejectionCode } from './rejection.ts'
