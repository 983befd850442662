/** HMAC-SHA256 (RFC 2104) with one fixed key, of bytes or of UTF-8 text, as 64 lower-case hex digits. */
export type Hmac = (message: string | Uint8Array) => string
