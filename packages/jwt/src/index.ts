export type { JwtAlgorithm, PublicKeyAlgorithm, SecretAlgorithm } from './algorithms.ts'
export { type JwtClaims, type JwtUser, jwtUser, type KnownRequest } from './jwt-user.ts'
export type { KeySourceName } from './key-source.ts'
export type {
  JwksOptions,
  JwksUrlOptions,
  JwtTokenOptions,
  JwtUserOptions,
  KeyOptions,
  OnlyKeySource,
  PublicKeyOptions,
  SecretOptions,
} from './options.ts'
export type { JwtRejection, JwtRejectionCode } from './rejection.ts'
