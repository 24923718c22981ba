/** Descriptions of the certificate errors of OpenSSL and Node; each continues "the TLS certificate of <host>". */
const CERTIFICATE_FAULTS: Partial<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'has expired',
  CERT_NOT_YET_VALID: 'is not valid yet',
  CERT_REVOKED: 'was revoked',
  CERT_SIGNATURE_FAILURE: 'has a signature that does not match',
  CERT_UNTRUSTED: 'is not trusted',
  CERT_REJECTED: 'is not valid for a server',
  CERT_CHAIN_TOO_LONG: 'has a chain that is too long',
  INVALID_CA: 'was issued by a certificate that may not issue others',
  INVALID_PURPOSE: 'is not valid for a server',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'was issued by an unknown authority (a self-signed certificate ends its chain)',
  UNABLE_TO_GET_ISSUER_CERT: 'was issued by an unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'was issued by an unknown authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'was issued by an unknown authority, or the server does not send its whole chain',
}

/** Why TLS failed, for the sender's notice and the log: the host, and what is wrong with its certificate. */
export function describeTlsFault(error: NodeJS.ErrnoException, host: string): string {
  const { code = '', message } = error
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `the TLS certificate of ${host} is for other names: ${names(error)}`
  const fault = CERTIFICATE_FAULTS[code]
  return fault === undefined
    ? `the TLS handshake with ${host} failed: ${message}`
    : `the TLS certificate of ${host} ${fault}`
}

/** The names in the certificate, from Node's error. */
function names(error: Error & { cert?: { subjectaltname?: string } }): string {
  const found = error.cert?.subjectaltname
  return found === undefined || found === '' ? 'it has none' : found
}
