/**
 * Whether a fault's code is OpenSSL's word for certificates that one side does not accept from the other: its own checks
 * (`CERT_HAS_EXPIRED`), Node's of the name (`ERR_TLS_CERT_ALTNAME_INVALID`), or what the other side says by an alert
 * (`ERR_SSL_TLSV1_ALERT_UNKNOWN_CA`). It stays so until somebody mends them. No request was taken then: a server reads
 * none before the handshake is over on its side, though in TLS 1.3 a client may have written one by then (RFC 8446,
 * section 4.4.2.4).
 * @see https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/
 */
export function isTlsRefusal(code: string): boolean {
  return named.test(code) || others.has(code)
}

const named = /(?:^|_)(?:CERT|CERTIFICATE|ISSUER|LEAF|CA|CRL)(?:_|$)/
const others = new Set([
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'HOSTNAME_MISMATCH',
  // Before TLS 1.3 also the answer to a client without a certificate.
  'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
])
