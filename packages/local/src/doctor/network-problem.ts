/** Why nothing came back, and what to do. `found` goes on from the name of whoever was asked. */
export interface NetworkProblem {
  readonly found: string
  readonly mend: string
}

const byCode: Readonly<Record<string, NetworkProblem>> = {
  ECONNREFUSED: { found: 'refuses connections', mend: 'Nothing listens on that port: start it, or mend the port.' },
  ENOTFOUND: { found: 'has a name that nobody knows', mend: 'Check the spelling of the host name.' },
  EAI_AGAIN: { found: 'has a name that could not be looked up', mend: "Check this machine's DNS." },
  CERT_HAS_EXPIRED: { found: 'has a certificate that has expired', mend: 'Renew it.' },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    found: 'has a certificate of another name',
    mend: 'Mend the host name, or the certificate.',
  },
}

const untrusted: NetworkProblem = {
  found: 'has a certificate that this machine does not trust',
  mend: 'Behind a company proxy, name its root certificate in NODE_EXTRA_CA_CERTS.',
}

/** @param error what `fetch` threw */
export function networkProblem(error: unknown): NetworkProblem {
  if (error instanceof Error && error.name === 'TimeoutError')
    return { found: 'does not answer in time', mend: 'A firewall may swallow the request.' }
  const code = reasonOf(error)
  if (/SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)/.test(code)) return untrusted
  return byCode[code] ?? { found: `cannot be reached (${code})`, mend: 'Check the network between here and there.' }
}

/** The system's code, which `fetch` hides one or two causes down; else its words, such as `bad port`. */
function reasonOf(error: unknown): string {
  let words = 'no reason given'
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') return cause.code
    words = cause.message
  }
  return words
}
