export type { EncryptionAlgorithm, JwtAlgorithm, PublicKeyAlgorithm, SecretAlgorithm } from './algorithms.ts'
export { type AuthJsOptions, type AuthJsTokenOptions, authJs } from './auth-js.ts'
export type { AudienceClaim, IssuerCheck } from './claims.ts'
export { type JwtClaims, type JwtUser, jwtUser } from './jwt-user.ts'
export type {
  EncryptionKeyOptions,
  JwksOptions,
  JwksUrlOptions,
  JwtTokenOptions,
  JwtUserOptions,
  KeyOptions,
  PublicKeyOptions,
  SecretOptions,
} from './options.ts'
export type { JwtRejection, JwtRejectionCode } from './rejection.ts'
